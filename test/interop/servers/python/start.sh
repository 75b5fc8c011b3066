#!/usr/bin/env bash
# exec: the signal that ends the server must reach Python itself.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=async_server.py
if [ "${MODE:-aiohttp}" = threading ]; then program=threading_server.py; fi
exec env PYTHONDONTWRITEBYTECODE=1 "${CACHE:-$here/../../.cache/python}/venv/bin/python" -u "$here/$program"
