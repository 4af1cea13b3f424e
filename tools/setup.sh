#!/usr/bin/env bash
# Installs what Tidemill is built from: Debian packages, and into a per-user cache, by version and hash,
# the libraries that Debian does not have. Safe to run again; prints only what it does, and on
# stdout the folder with the libraries. With --tests also what the tests need, with --servers the servers of
# Debian that some run against, with --lint clang-tidy.
set -euo pipefail

cache=${TIDEMILL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemill}
deps=$cache/deps-2  # raise when a version or a file below changes

duckdb_module=github.com/duckdb/duckdb-go-bindings/lib/linux-amd64
duckdb_version=v0.10505.0 # DuckDB 1.5.5
duckdb_sum=h1:nrsaVYj3XYCRbS2FpdOMD/KHE7egRMr+/NR1IHmjT84=
duckdb_mod_sum=h1:KAIynZ0GHCS7X5fRyuFnQMg/SZBPK/bS9OCOVojClxw=
onnx_header_module=github.com/yalue/onnxruntime_go # carries ONNX Runtime's C header
onnx_header_version=v1.27.0
onnx_header_sum=h1:c1YSgDNtpf0WGtxj3YeRIb8VC5LmM1J+Ve3uHdteC1U=
onnx_header_mod_sum=h1:b4X26A8pekNb1ACJ58wAXgNKeUCGEAQ9dmACut9Sm/4=

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

debian_packages() { # section... of debian-packages.txt
  local wanted missing
  wanted=$(awk -v sections=" $* " '/^\[/ { on = index(sections, " " $0 " "); next } on { print $1 }' \
    <(sed 's/#.*//' tools/debian-packages.txt))
  missing=$(for package in $wanted; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
  done)
  [ -n "$missing" ] || return 0
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || die "install these Debian packages as root: ${missing//$'\n'/ }"
    as_root=(sudo)
  fi
  say "installing $(echo "$missing" | wc -w) Debian packages"
  # A machine may ship a list of packages that is out of date or none at all.
  "${as_root[@]}" apt-get update -qq
  [[ $missing != *postgresql* ]] || no_default_cluster
  # shellcheck disable=SC2086  # a list of words
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends $missing >/dev/null
  [[ $missing != *postgresql* ]] || "${as_root[@]}" rm "$cluster_settings"
}

# Debian's package of PostgreSQL would make a cluster and start it; tests start their own. This holds for the
# installation only.
cluster_settings=/etc/postgresql-common/createcluster.d/tidemill.conf
no_default_cluster() {
  "${as_root[@]}" mkdir -p "${cluster_settings%/*}"
  echo "create_main_cluster = false" | "${as_root[@]}" tee "$cluster_settings" >/dev/null
}

# go_module MODULE VERSION SUM MOD_SUM: prints the folder it was unpacked to; Go checks the sums.
go_module() {
  local work
  work=$(mktemp -d)
  printf 'module setup\n\ngo 1.19\n\nrequire %s %s\n' "$1" "$2" >"$work/go.mod"
  printf '%s %s %s\n%s %s/go.mod %s\n' "$1" "$2" "$3" "$1" "$2" "$4" >"$work/go.sum"
  (cd "$work" && GOTOOLCHAIN=local GOFLAGS=-mod=mod go mod download -json "$1@$2" >out.json) ||
    { cat "$work/out.json" >&2; rm -rf "$work"; die "cannot download $1"; }
  grep -q "\"Sum\": \"$3\"" "$work/out.json" || die "$1 $2 is not the module it was (checksum)"
  sed -n 's/.*"Dir": "\(.*\)".*/\1/p' "$work/out.json"
  rm -rf "$work"
}

python_wheels() { # into $1
  python3 -m pip download -q --no-deps --require-hashes --only-binary=:all: --python-version 3.11 \
    --implementation cp --abi cp311 --abi none --platform manylinux_2_28_x86_64 \
    --platform manylinux2014_x86_64 -d "$1" -r tools/wheels.txt
}

fetch_libraries() {
  [ -e "$deps/complete" ] && return 0
  say "fetching DuckDB, its httpfs, ONNX Runtime and XGBoost into $deps"
  local work wheel module
  mkdir -p "$cache"
  work=$(mktemp -d "$cache/.deps-XXXXXX")
  mkdir -p "$work/duckdb" "$work/onnxruntime" "$work/xgboost"
  module=$(go_module $duckdb_module $duckdb_version $duckdb_sum $duckdb_mod_sum)
  cp "$module"/duckdb.h "$module"/*.a "$work/duckdb/"
  module=$(go_module $onnx_header_module $onnx_header_version $onnx_header_sum $onnx_header_mod_sum)
  cp "$module"/onnxruntime_c_api.h "$module"/onnxruntime_ep_c_api.h "$work/onnxruntime/"
  python_wheels "$work/wheels"
  for wheel in "$work"/wheels/*.whl; do python3 -m zipfile -e "$wheel" "$work/unpacked"; done
  cp "$work"/unpacked/duckdb_extension_httpfs/extensions/v1.5.5/httpfs.duckdb_extension "$work/duckdb/"
  cp "$work"/unpacked/onnxruntime/capi/libonnxruntime.so.1.22.1 "$work/onnxruntime/"
  cp "$work"/unpacked/xgboost/lib/libxgboost.so "$work"/unpacked/xgboost_cpu.libs/libgomp-*.so* \
    "$work/xgboost/"
  rm -rf "$work/wheels" "$work/unpacked"
  chmod -R u+w "$work"
  touch "$work/complete"
  rm -rf "$deps"
  mv "$work" "$deps"
}

cd "$(dirname "$0")/.."
sections=("[build]")
for option in "$@"; do sections+=("[${option#--}]"); done
debian_packages "${sections[@]}"
fetch_libraries
echo "$deps"
