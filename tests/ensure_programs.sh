#!/bin/sh
# Makes sure that there are the programs that the tests run: Chromium, curl for the examples,
# what stands before and around a server (nginx, Caddy, systemd's checks), and strace, which makes
# system calls fail. Playwright's own Node needs libatomic, which a small Debian has not.
set -eu

packages=
for program in curl strace; do
    command -v "$program" >/dev/null || packages="$packages $program"
done
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || packages="$packages chromium fonts-dejavu-core"
for program in nginx caddy systemd-analyze; do
    [ -x "/usr/sbin/$program" ] || command -v "$program" >/dev/null || case $program in
        nginx) packages="$packages nginx-light" ;;
        caddy) packages="$packages caddy" ;;
        *) packages="$packages systemd" ;;
    esac
done
[ ! -x /sbin/ldconfig ] || /sbin/ldconfig -p | grep -q 'libatomic\.so\.1' || packages="$packages libatomic1"
if [ -z "$packages" ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null; then
    echo "The tests need$packages: install them with your package manager." >&2
    exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "Run as root: apt-get install$packages" >&2; exit 1; }
    as_root=sudo
fi
echo "Installing for the tests:$packages"
$as_root apt-get update -q
# shellcheck disable=SC2086 # a list of names
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -q -y --no-install-recommends $packages
