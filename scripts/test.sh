#!/bin/sh
# Installs, builds and runs every test. The last line is `N passed, N failed, N skipped`; arguments go to vitest.
set -eu
cd "$(dirname "$0")/.."
. scripts/setup.sh
exec node node_modules/vitest/vitest.mjs run "$@" </dev/null
