#!/usr/bin/env bash
# FORK chooses the package. exec: the signal that ends the server must reach Java itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
out=${CACHE:-$here/../../.cache/java}/${FORK:-mrniko}
if [ ! -e "$out/built.txt" ]; then
  grep -m 1 -o 'Could not find artifact .*([^)]*)' "$out/mvn.log" >&2 || echo "not built: run build.sh" >&2
  exit 3
fi
exec java -Xmx512m -XX:+UseSerialGC -cp "$out/classes:$out/jars/*" Server
