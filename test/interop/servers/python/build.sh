#!/usr/bin/env bash
# Installs the pinned packages into a virtual environment of their own; does nothing when they are already there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$here/../../.cache/python}
mkdir -p "$cache"
echo '*' > "$(dirname "$cache")/.gitignore"
if ! cmp -s "$here/requirements.txt" "$cache/installed.txt"; then
  rm -rf "$cache/venv" "$cache/installed.txt"
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/python" -m pip install --quiet --no-deps -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$cache/installed.txt"
fi
