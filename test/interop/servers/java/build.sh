#!/usr/bin/env bash
# Puts the pinned jars and the compiled program of each package of netty-socketio into the cache; does nothing for one
# that is there already. FORK asks for one of them alone. That the registry does not have one is no error here: start.sh says so.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CACHE:-$here/../../.cache/java}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
echo '*' > "$(dirname "$cache")/.gitignore"
for fork in ${FORK:-mrniko socketio4j}; do
  pom=$here/$fork/pom.xml
  out=$cache/$fork
  if cat "$pom" "$here/Server.java" | cmp -s - "$out/built.txt" || cmp -s "$pom" "$out/unavailable.xml"; then continue; fi
  rm -rf "$out"
  mkdir -p "$out/classes" "$out/source"
  if ! mvn -q -B -f "$pom" dependency:copy-dependencies -DoutputDirectory="$out/jars" > "$out/mvn.log" 2>&1; then
    # Only what the registry says it does not have is settled; anything else is tried again.
    if grep -q 'was not found in\|Could not find artifact' "$out/mvn.log"; then cp "$pom" "$out/unavailable.xml"; else cat "$out/mvn.log" >&2; fi
    continue
  fi
  package=$(basename "$(dirname "$pom")" | sed 's/mrniko/corundumstudio/')
  sed "s/com\.corundumstudio\.socketio/com.$package.socketio/" "$here/Server.java" > "$out/source/Server.java"
  javac -nowarn -cp "$out/jars/*" -d "$out/classes" "$out/source/Server.java" 2> "$out/javac.log" || { cat "$out/javac.log" >&2; exit 1; }
  cat "$pom" "$here/Server.java" > "$out/built.txt"
done
if [ ! -e "$cache/${FORK:-mrniko}/built.txt" ] && [ ! -e "$cache/${FORK:-mrniko}/unavailable.xml" ]; then exit 1; fi
