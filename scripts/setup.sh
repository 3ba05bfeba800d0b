#!/usr/bin/env bash
# Installs the Debian packages that a make target needs, and only those that are missing.
# Usage: scripts/setup.sh GROUP...   groups: build media browser test bench lint fuzz
set -euo pipefail
# Where Debian keeps nginx, and where an ordinary user's PATH does not lead.
PATH=$PATH:/usr/sbin:/sbin

packages=()
need() { # need COMMAND PACKAGE...: the packages are wanted when the command is not there
    local command=$1
    shift
    command -v "$command" >/dev/null 2>&1 || packages+=("$@")
}

for group in "$@"; do
    case $group in
    build)
        need cc build-essential
        need cmake cmake
        need make make
        need npm nodejs npm
        [ -e /etc/ssl/certs/ca-certificates.crt ] || packages+=(ca-certificates)
        ;;
    media)
        need ffmpeg ffmpeg
        need fc-list fontconfig
        [ -e /usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf ] || packages+=(fonts-dejavu-core)
        ;;
    browser) need chromium chromium ;;
    test)
        need curl curl
        need h2load nghttp2-client
        need openssl openssl
        need xmllint libxml2-utils
        need python3 python3
        need valgrind valgrind
        need faketime faketime
        need unshare util-linux
        need mount mount
        python3 -c 'import venv, ensurepip' 2>/dev/null || packages+=(python3-venv)
        ;;
    bench)
        need nginx nginx-light
        need caddy caddy
        need varnishd varnish
        need h2o h2o
        need taskset util-linux
        need curl curl
        need h2load nghttp2-client
        need openssl openssl
        ;;
    lint) ;;
    fuzz) need clang clang ;;
    *)
        echo "scripts/setup.sh: no such group: $group" >&2
        exit 2
        ;;
    esac
done

if ! command -v cargo >/dev/null 2>&1; then
    echo "edgepack is built with Rust 1.90 or later: no cargo on PATH" >&2
    exit 1
fi
[ ${#packages[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null 2>&1 || {
        echo "needed: ${packages[*]}; install them as root (there is no sudo here)" >&2
        exit 1
    }
    sudo=(sudo)
fi
echo "installing: ${packages[*]}"
"${sudo[@]}" apt-get update -qq
# The bench starts its own servers: the services that their packages bring must not take port 80, now or at boot.
services=()
for package in nginx-light caddy varnish h2o; do
    case " ${packages[*]} " in *" $package "*) services+=("${package%-light}") ;; esac
done
policy=/usr/sbin/policy-rc.d
if [ ${#services[@]} -gt 0 ] && [ ! -e "$policy" ]; then
    trap '"${sudo[@]}" rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
    "${sudo[@]}" chmod 755 "$policy"
fi
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}"
if [ ${#services[@]} -gt 0 ] && [ -d /run/systemd/system ]; then
    "${sudo[@]}" systemctl disable --quiet "${services[@]}"
fi
