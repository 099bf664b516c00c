#!/bin/sh
# Puts a pinned Poetry into .poetry/ and the locked dependencies into .venv/. Needs Python 3.11 or newer, nothing else.
set -eu
cd "$(dirname "$0")/.."

POETRY_VERSION=2.5.1
MIRROR_PLUGIN_VERSION=0.6.5

log=.poetry/install.log

say() {
    printf 'setup: %s\n' "$1"
}

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

find_python() {
    for name in python3.11 python3 python; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

has_pinned_poetry() {
    [ -x .poetry/bin/python ] && .poetry/bin/python - "$POETRY_VERSION" "$MIRROR_PLUGIN_VERSION" 2>/dev/null <<'PYTHON'
import sys
from importlib.metadata import version

sys.exit([version("poetry"), version("poetry-plugin-pypi-mirror")] != sys.argv[1:])
PYTHON
}

install_poetry() {
    python=$(find_python) || fail "Python 3.11 or newer is needed, as python3.11, python3 or python on the PATH"
    say "installing Poetry $POETRY_VERSION into .poetry/"
    "$python" -m venv --clear .poetry ||
        fail "$python cannot make a virtual environment; on Debian and Ubuntu install python3-venv"
    .poetry/bin/python -m pip install --quiet --disable-pip-version-check \
        "poetry==$POETRY_VERSION" "poetry-plugin-pypi-mirror==$MIRROR_PLUGIN_VERSION" ||
        fail "pip could not install Poetry; see its message above"
}

# The index that someone configured for pip, or nothing.
configured_index() {
    if [ -n "${PIP_INDEX_URL:-}" ]; then
        printf '%s\n' "$PIP_INDEX_URL"
    else
        .poetry/bin/python -m pip config get install.index-url 2>/dev/null ||
            .poetry/bin/python -m pip config get global.index-url 2>/dev/null ||
            true
    fi
}

default_index() {
    .poetry/bin/python -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'
}

# The plugin makes Poetry ask this index; without the variable the plugin does nothing.
install_through() {
    POETRY_PYPI_MIRROR_URL="$1" .poetry/bin/poetry install --no-interaction --all-extras ||
        fail "Poetry could not install the locked dependencies; see its message above, and $log if it is there"
}

# An active environment would be filled in place of .venv.
unset VIRTUAL_ENV CONDA_PREFIX

has_pinned_poetry || install_poetry

rm -f "$log"
index=$(configured_index)
if [ -n "$index" ]; then
    say "installing the locked dependencies into .venv/ through the index that pip is configured with"
    install_through "$index"
else
    say "installing the locked dependencies into .venv/"
    if ! .poetry/bin/poetry install --no-interaction --all-extras >"$log" 2>&1; then
        say "that failed ($log says how); trying once more through pip's default index"
        install_through "$(default_index)"
    fi
fi
say "done"
