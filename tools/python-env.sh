#!/usr/bin/env bash
# python-env.sh FOLDER: a Python environment with FOLDER/requirements.txt (exact versions of everything
# those bring: FOLDER/constraints.txt), made once in the user's cache. Prints the path of its python.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${TIDEMILL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill}
name=${1//\//-}
hash=$( (cat "$1/requirements.txt" "$1/constraints.txt"; python3 --version) | sha256sum | cut -c1-12)
env=$cache/python-$name-$hash

mkdir -p "$cache"
exec 9>"$env.lock"
flock 9
if [ ! -e "$env/complete" ]; then
  printf '==> installing the Python packages of %s/requirements.txt into %s\n' "$1" "$env" >&2
  rm -rf "$env"
  python3 -m venv "$env"
  "$env/bin/python" -m pip install -q --disable-pip-version-check --only-binary=:all: \
    -r "$1/requirements.txt" -c "$1/constraints.txt" >&2
  touch "$env/complete"
fi
echo "$env/bin/python"
