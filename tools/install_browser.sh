#!/bin/sh
# Brings the browser that the tests of web pages drive, where there is none yet: Debian's chromium.
set -eu

say() {
    printf 'browser: %s\n' "$1"
}

fail() {
    printf 'browser: %s\n' "$1" >&2
    exit 1
}

for name in chromium chromium-browser google-chrome; do
    if path=$(command -v "$name"); then
        say "$path is there"
        exit 0
    fi
done
command -v apt-get >/dev/null || fail "install Chromium; here is no apt-get to do it with"
[ "$(id -u)" -eq 0 ] || fail "install Chromium as root: apt-get install chromium"
say "installing chromium"
export DEBIAN_FRONTEND=noninteractive
apt-get install -y -q chromium || { apt-get update -q && apt-get install -y -q chromium; } ||
    fail "apt-get could not install chromium; see its message above"
say "done"
