#!/usr/bin/env bash
# Builds the program with the crates of Cargo.lock into the cache; cargo itself knows when there is nothing to do.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$here/../../.cache/rust}
mkdir -p "$cache"
echo '*' > "$(dirname "$cache")/.gitignore"
cargo build --quiet --locked --release --manifest-path "$here/Cargo.toml" --target-dir "$cache/target"
