#!/bin/sh
# Checks every scenario of protocol.pml with SPIN, over all interleavings.
#
#   sh explorer/crosscheck/run.sh                   one page, one CPU, two stores
#   PAGES=2 CPUS=2 sh explorer/crosscheck/run.sh    sizes: PAGES 1|2, CPUS 1|2, STORES 1..9
#   FILL=1, EAGER_ACK=1                             variations, see README.md
#
# One line per scenario: <id> <safe|lost-write> <states stored>. Exit code: 0, 1 if a verdict is not the expected one,
# 2 if a scenario could not be checked.
set -eu

fail() {
  echo "crosscheck: $1" >&2
  exit 2
}

for tool in spin gcc; do
  command -v "$tool" >/dev/null 2>&1 || fail "$tool is missing: install the Debian packages spin and gcc"
done

case "${PAGES:=1}" in 1 | 2) ;; *) fail "PAGES must be 1 or 2, not $PAGES" ;; esac
case "${CPUS:=1}" in 1 | 2) ;; *) fail "CPUS must be 1 or 2, not $CPUS" ;; esac
case "${STORES:=2}" in [1-9]) ;; *) fail "STORES must be 1 to 9, not $STORES" ;; esac
sizes="-DPAGES=$PAGES -DCPUS=$CPUS -DSTORES=$STORES"
[ "${FILL:-0}" = 0 ] || sizes="$sizes -DFILL"
[ "${EAGER_ACK:-0}" = 0 ] || sizes="$sizes -DEAGER_ACK"

# With one CPU the searches are short: what takes time is the compiler, and room for depths and states that do not come.
if [ "$CPUS" = 1 ]; then
  optimise=-O0
  room='-m100000 -w20'
else
  optimise=-O2
  room='-m1000000 -w24'
fi

model=$(cd "$(dirname "$0")" && pwd)/protocol.pml
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 2' HUP INT TERM
cd "$work"

# search <options>: a run of pan that has to be complete; its report is in pan.out.
search() {
  # shellcheck disable=SC2086 # depth and slots are two words
  ./pan $room "$@" >pan.out 2>&1 || { cat pan.out >&2; fail "$id: pan failed"; }
  if grep -Eq 'max search depth too small|out of memory|Search not completed' pan.out || ! grep -q 'errors: ' pan.out; then
    cat pan.out >&2
    fail "$id: the search is not complete"
  fi
}

errors() { sed -n 's/.*errors: \([0-9]*\).*/\1/p' pan.out; }

status=0
check() {
  id=$1
  expected=$2
  macro=$(echo "$id" | tr 'a-z-' 'A-Z_')
  # shellcheck disable=SC2086 # the sizes are several words
  spin -a $sizes "-D$macro" "$model" >spin.out 2>&1 || { cat spin.out >&2; fail "$id: spin failed"; }
  gcc $optimise -w -DSAFETY -o pan pan.c || fail "$id: gcc failed"

  # A deadlock is an error for pan, too. It would be one of the model, so that it must not pass for a lost write.
  search -A -c1
  [ "$(errors)" = 0 ] || { cat pan.out >&2; fail "$id: the model has a deadlock"; }

  # -c0: errors do not end the search, hence the states are those of all interleavings also when a write is lost.
  search -E -c0
  verdict=safe
  [ "$(errors)" = 0 ] || verdict=lost-write
  echo "$id $verdict $(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' pan.out)"
  if [ "$verdict" != "$expected" ]; then
    echo "crosscheck: $id: expected $expected" >&2
    status=1
  fi
}

check clear-no-flush lost-write
check clear-transfer-flush lost-write
check clear-flush-transfer safe
check plain-rmw lost-write
check check-then-protect lost-write
check protect-flush-check safe
exit $status
