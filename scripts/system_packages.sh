#!/bin/sh
# What the tests want of the system, from Debian's packages: Chromium for the pages, espeak-ng for the
# system's voice, Mesa's OpenGL without a window. Installs as root where apt-get is; elsewhere it says what is missing. Tests that need
# it are then skipped.
set -eu

missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null ||
    command -v google-chrome >/dev/null || missing="$missing chromium"
[ "$(uname)" != Linux ] || ldconfig -p 2>/dev/null | grep -q libespeak-ng ||
    missing="$missing libespeak-ng1"
[ "$(uname)" != Linux ] || ldconfig -p 2>/dev/null | grep -q "libEGL_mesa\.so" ||
    missing="$missing libegl1 libgl1-mesa-dri libgles2"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "some tests will be skipped; on Debian or Ubuntu: sudo apt-get install$missing"
    exit 0
fi
echo "installing$missing, which some tests need"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # names of packages, split on purpose
apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
    echo "$missing could not be installed: the tests that need it are skipped"
