#!/bin/sh
# The main job on a real log: the writes of one run of `ls` under three strategies, what each costs, and a lost write explained.
# Installs and builds first, where that is needed. Every pagetrail command is shown before it runs; the trails stay in demo/.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh

LOG=examples/logs/ls.lk.gz
mkdir -p demo
rm -f demo/*.trail

heading() { printf '\n== %s\n' "$1"; }
pagetrail() { node dist/cli/main.js "$@"; }
# Shows a command, then runs it. `expect N` before it: the exit code it must end with (0 unless said).
expected=0
expect() { expected=$1; }
show() {
  printf '\n$'
  for word in "$@"; do
    case $word in *' '*) printf ' "%s"' "$word" ;; *) printf ' %s' "$word" ;; esac
  done
  printf '\n'
  code=0
  "$@" </dev/null || code=$?
  [ "$code" -eq "$expected" ] || { printf 'demo: exit code %s, %s was expected\n' "$code" "$expected" >&2; exit 1; }
  expected=0
}

heading 'Record: the 321,221 writes of one run of ls, under three strategies, a harvest every 10,000 writes'
for strategy in full-upload pfn-mkwrite hw-dirty; do
  show pagetrail record --import "$LOG" --strategy "$strategy" --harvest-every 10000 -o "demo/$strategy.trail"
done

heading 'Compare: what does each strategy cost?'
show pagetrail cost demo/full-upload.trail demo/pfn-mkwrite.trail demo/hw-dirty.trail

heading 'Check: did the consumer get every write?'
show pagetrail check demo/hw-dirty.trail

heading 'Break it: hw-dirty that forgets the TLB flush after clearing the dirty bits'
show pagetrail record --import "$LOG" --strategy hw-dirty --mutate no-flush --harvest-every 10000 -o demo/no-flush.trail

heading 'Check again: which write was lost, and why? (exit code 1: the answer is no)'
expect 1
show pagetrail check demo/no-flush.trail

heading 'Why? Each link of the chain is checked by playing the accesses again'
expect 1
show pagetrail why demo/no-flush.trail --prove

heading 'Ask: the trail is a database'
show pagetrail query demo/hw-dirty.trail \
  "select page, count(*) as writes from writes group by page order by writes desc limit 5"

printf '\nThe trails are in demo/. Next: pagetrail --help, or the tour in README.md.\n'
