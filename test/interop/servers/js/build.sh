#!/usr/bin/env bash
# Puts one server of this folder, with its packages, into the cache: `build.sh <folder>`. Prints nothing but problems.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
name=$1
cache=$here/../../.cache/js/$name
mkdir -p "$cache"
cp "$here"/*.mjs "$cache"/
# The packages are there already when the list of them is the same as the last time that npm was content.
if ! cmp -s "$here/$name/package.json" "$cache/installed.json"; then
  rm -rf "$cache/node_modules" "$cache/package-lock.json"
  cp "$here/$name/package.json" "$cache/package.json"
  (cd "$cache" && npm install --no-audit --no-fund --no-package-lock --loglevel=error >npm.log 2>&1) || {
    cat "$cache/npm.log" >&2
    exit 1
  }
  cp "$here/$name/package.json" "$cache/installed.json"
fi
