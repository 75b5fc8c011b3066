#!/usr/bin/env bash
# exec: the signal that ends the server must reach the program itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec "${CACHE:-$here/../../.cache/go}/server"
