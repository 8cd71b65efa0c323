#!/usr/bin/env bash
# Installs what a purpose needs and the machine lacks: `scripts/setup.sh [run] [test] [bench] [instructions] [proxies] [tigerbeetle]`.
# Says what it installs, and does nothing the second time. Rust itself is the user's affair.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

missing=()

# want PACKAGE PROBE...: the Debian package is missing when the probe fails.
want() {
  "${@:2}" >/dev/null 2>&1 || missing+=("$1")
}

as_root() {
  if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

install_missing() {
  [[ ${#missing[@]} -gt 0 ]] || return 0
  echo "setup: installing the Debian packages ${missing[*]}"
  if ! command -v apt-get >/dev/null; then
    echo "setup: there is no apt-get here; please install the like of them yourself" >&2
    exit 1
  fi
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}")
  if ! as_root "${install[@]}"; then
    echo "setup: the package lists are missing or old; updating them"
    as_root apt-get update -q
    as_root "${install[@]}"
  fi
}

# install_python REQUIREMENTS VENV. The marker holds what was installed, so that a new pin is installed and an old one is left alone.
install_python() {
  local requirements=$1 venv=$2 marker=$2/requirements.sha256
  if [[ -f $marker ]] && sha256sum --check --status "$marker"; then return 0; fi
  echo "setup: installing $(grep -v '^#' "$requirements" | xargs) into $venv"
  python3 -m venv --clear "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
  sha256sum "$requirements" >"$marker"
}

if ! command -v cargo >/dev/null; then
  echo "setup: cargo is not on the PATH; install a Rust toolchain first, for example with rustup" >&2
  exit 1
fi

python=()
want build-essential command -v cc
want curl command -v curl
# RocksDB's bindings are made with it.
want libclang-dev sh -c 'ls /usr/lib/llvm-*/lib/libclang.so || ls /usr/lib/*/libclang*.so'
for purpose in "$@"; do
  case $purpose in
  run) ;;
  test)
    want python3-venv python3 -c 'import ensurepip, venv'
    python+=(scripts/requirements.txt .venv)
    ;;
  bench)
    want redis-server command -v redis-server
    # As a package it starts a cluster of its own on port 5432; the comparison makes another one on a free port.
    want postgresql sh -c 'ls /usr/lib/postgresql/*/bin/initdb || command -v initdb'
    ;;
  instructions) want valgrind command -v valgrind ;;
  proxies)
    # As packages they may start a service of their own on port 80; the comparison starts others on free ports.
    want nginx command -v nginx
    want haproxy command -v haproxy
    ;;
  tigerbeetle)
    # The client alone: the server is the user's.
    want python3-venv python3 -c 'import ensurepip, venv'
    python+=(scripts/requirements-tigerbeetle.txt .venv-tigerbeetle)
    ;;
  *)
    echo "usage: scripts/setup.sh [run] [test] [bench] [instructions] [proxies] [tigerbeetle]" >&2
    exit 2
    ;;
  esac
done

install_missing
for ((at = 0; at < ${#python[@]}; at += 2)); do install_python "${python[@]:at:2}"; done
