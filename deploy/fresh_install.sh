#!/bin/sh
# Install both environments from nothing, as a stranger's machine does: another folder (with spaces
# in its name), no cache, and PIP (default 23.0.1, the oldest we support). Then check both.
set -eu
PYTHON=${PYTHON:-python3} PIP=${PIP:-23.0.1}
project=$(cd "$(dirname "$0")/.." && pwd)
folder=$(mktemp -d "${TMPDIR:-/tmp}/fillwatch fresh XXXXXX")
trap 'rm -rf "$folder"' EXIT
export UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1

# A release newer than the lock, as there is one every week; resolving anew would take it.
mkdir "$folder/newer"
"$PYTHON" - "$folder/newer/coverage-999.0-py3-none-any.whl" << 'END'
import sys, zipfile

with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    info = "coverage-999.0.dist-info"
    wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: coverage\nVersion: 999.0\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    wheel.writestr(f"{info}/RECORD", "")
END
PIP_FIND_LINKS="${PIP_FIND_LINKS:-} file://$(printf %s "$folder/newer" | sed 's/ /%20/g')"
UV_FIND_LINKS=$folder/newer
export PIP_FIND_LINKS UV_FIND_LINKS

for lock in requirements.lock requirements-dev.lock; do
    rm -rf "$folder/project"
    mkdir "$folder/project"
    cd "$folder/project"
    cp "$project/Makefile" "$project"/requirements*.lock .
    "$PYTHON" -m venv .venv
    .venv/bin/python -m pip install --disable-pip-version-check --quiet "pip==$PIP"
    begun=$(date +%s)
    make --no-print-directory uv
    touch .venv/ready
    make --no-print-directory ".venv/$lock"
    echo "$lock: installed by pip $PIP and uv in $(($(date +%s) - begun)) s"
    .venv/bin/uv pip check --quiet --python .venv/bin/python
    .venv/bin/python -W error::DeprecationWarning -c "import celery, channels, django, psycopg, redis"
    UV_OFFLINE=1 HTTPS_PROXY=http://127.0.0.1:9 make --no-print-directory ".venv/$lock"
done
