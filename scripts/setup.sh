# Everything a fresh machine needs before pagetrail can run: sourced by demo.sh and test.sh, which run in the repository's
# root under `set -eu`. Says what it does on stderr, does nothing twice, and stops with a plain sentence when it cannot help.

say() { printf '%s\n' "$*" >&2; }
stop() {
  printf 'setup: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '       %s\n' "$2" >&2
  exit 1
}

# Node.js 20.19 or newer, with npm.
command -v node >/dev/null 2>&1 ||
  stop 'Node.js is not installed' 'install version 20.19 or newer: https://nodejs.org, or `apt-get install nodejs npm` where that is new enough'
node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
  stop "Node.js $(node --version) is too old" 'install version 20.19 or newer: https://nodejs.org'
command -v npm >/dev/null 2>&1 || stop 'npm is not installed' 'it comes with Node.js from https://nodejs.org; on Debian: apt-get install npm'

if ! node scripts/installed.mjs; then
  # better-sqlite3 is compiled where no ready-made build of it can be downloaded: that takes a C++ compiler, make and python3.
  missing=''
  command -v c++ >/dev/null 2>&1 && command -v make >/dev/null 2>&1 || missing='build-essential'
  command -v python3 >/dev/null 2>&1 || missing="$missing python3"
  if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
      say "setup: installing $missing"
      { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >&2 </dev/null ||
        stop "apt-get could not install $missing"
    else
      stop "a C++ compiler, make and python3 are needed to build better-sqlite3; missing: $missing" "on Debian: sudo apt-get install $missing"
    fi
  fi
  # Headers that lie beside node itself fit it exactly, and spare a download.
  prefix=$(node -p 'require("path").dirname(require("path").dirname(fs.realpathSync(process.execPath)))')
  if [ -f "$prefix/include/node/node.h" ]; then
    npm_config_nodedir=$prefix
    export npm_config_nodedir
  fi
  say 'setup: npm ci (better-sqlite3 may be compiled, which takes a minute or two)'
  npm ci --no-fund --no-audit --loglevel=error >&2 </dev/null || stop 'npm ci failed; its messages are above'
  node scripts/installed.mjs || stop 'npm ci ended well, yet better-sqlite3 cannot be loaded' 'remove node_modules and try again'
fi

say 'setup: npm run build'
npm run --silent build >&2 </dev/null || stop 'the build failed; the messages of the compiler are above'
