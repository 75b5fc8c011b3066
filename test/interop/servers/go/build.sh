#!/usr/bin/env bash
# Builds the program with the pinned modules into the cache; Go itself knows when there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$here/../../.cache/go}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
echo '*' > "$(dirname "$cache")/.gitignore"
cd "$here"
GOFLAGS=-mod=readonly go build -o "$cache/server" .
