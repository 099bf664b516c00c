"""The program that draws plots, one after the other, until its input ends: `python -m` this module.

vl-convert holds V8, which keeps the interpreter to itself while it draws, and 100 MiB afterwards. So it never runs in
the server. Here it can open nothing: no file and no connection, whatever a document may ask for. (Its own list of
allowed addresses covers data, but not images.)
"""

import os
import resource
import sys
from collections.abc import Callable

import vl_convert

from modelyard.infrastructure.plots.wire import ANSWER, QUESTION

_WARM_UP = (
    '{"data": {"values": [{"a": "\u0416"}]}, "mark": "bar", "encoding": {"x": {"field": "a", "type": "nominal"}}}'
)


def main() -> None:
    """Answer until the input ends, or a document cannot be drawn: V8 is not trusted after that."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing that is printed gets among the answers
    os.nice(5)  # requests come first
    for draw in _DRAW.values():
        draw(_WARM_UP)  # what is read once, such as fonts, is read by now
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    is_drawn = True
    while is_drawn and (head := questions.read(QUESTION.size)):
        kind, size = QUESTION.unpack(head)
        try:
            picture = _DRAW[kind](questions.read(size).decode())
        except ValueError as error:
            is_drawn, picture = False, str(error).encode()
        answers.write(ANSWER.pack(is_drawn, len(picture)) + picture)
        answers.flush()


def _svg(document: str) -> bytes:
    return vl_convert.vegalite_to_svg(document, vl_version="5.21", allowed_base_urls=[]).encode()


def _png(document: str) -> bytes:
    return vl_convert.vegalite_to_png(document, vl_version="5.21", allowed_base_urls=[])


_DRAW: dict[bytes, Callable[[str], bytes]] = {b"svg": _svg, b"png": _png}

if __name__ == "__main__":
    main()
