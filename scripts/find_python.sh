#!/bin/sh
# Prints the first Python 3.11 to 3.13 that really starts and can make a virtual environment.
# A path given as the first argument is the only one tried.

usable() {
    "$1" -c 'import sys, venv, ensurepip
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

if [ -n "$1" ]; then
    candidates=$1
else
    candidates="python3.11 python3.12 python3.13 python3 python
        /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3
        $(ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[123]*/bin/python3 2>/dev/null)"
fi
for candidate in $candidates; do
    if usable "$candidate"; then
        echo "$candidate"
        exit 0
    fi
done
echo "no Python 3.11, 3.12 or 3.13 with venv and pip was found; tried:" $candidates >&2
echo "install one, or name it: make demo PYTHON=/path/to/python3.12" >&2
exit 1
