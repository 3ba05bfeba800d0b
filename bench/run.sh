#!/usr/bin/env bash
# The side-by-side run: servers on core 0, client on core 1. Needs the release build; see `make bench`.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin
if [ "$(nproc)" -lt 2 ]; then
    echo "bench/run.sh: two cores are needed, one for the server and one for the client" >&2
    exit 1
fi
exec taskset -c 1 "${CARGO_TARGET_DIR:-target}/release/edgepack-bench" "$@"
