#!/bin/sh
# Have a Chromium for the browser tests: use the one that is there, or install Debian's if we may.
# Without one those tests are skipped and say so; in CI that is a failure.
set -u

has_browser() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null 2>&1 && return 0
    done
    return 1
}

has_browser && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests …"
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; } \
        >/dev/null 2>&1
    has_browser && exit 0
fi
echo "There is no Chromium here and it cannot be installed: the browser tests will be left out." >&2
[ "${CI:-}" != true ]
