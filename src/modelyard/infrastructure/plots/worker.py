"""The program that draws plots, one after the other, until its input ends: `python -m` this module.

vl-convert holds V8, which keeps the interpreter to itself while it draws, and 100 MiB afterwards. So it never runs in
the server. It may write no file. It has to open the fonts of the system as it needs them, so it cannot be kept from
opening at all: a document that names an address is not drawn. (vl-convert's own list of allowed addresses covers data,
but not images.)
"""

import json
import os
import resource
import sys
from collections.abc import Callable

import vl_convert

from modelyard.infrastructure.plots.wire import ANSWER, QUESTION

_ADDRESSES = frozenset({"url", "href"})
"""What Vega-Lite calls the addresses of data, of images, and of links."""


def main() -> None:
    """Answer until the input ends, or a document cannot be drawn: V8 is not trusted after that."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # so that nothing that is printed gets among the answers
    os.nice(5)  # requests come first
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    is_drawn = True
    while is_drawn and (head := questions.read(QUESTION.size)):
        kind, size = QUESTION.unpack(head)
        try:
            picture = _drawn(kind, questions.read(size).decode())
        except ValueError as error:
            is_drawn, picture = False, str(error).encode()
        answers.write(ANSWER.pack(is_drawn, len(picture)) + picture)
        answers.flush()


def _drawn(kind: bytes, document: str) -> bytes:
    """The picture.

    Raises:
        ValueError: It is no document that can be drawn, or names an address.
    """
    if _names_address(json.loads(document)):
        raise ValueError("all that is drawn has to lie in the document")
    return _DRAW[kind](document)


def _names_address(part: object) -> bool:
    if isinstance(part, dict):
        return not _ADDRESSES.isdisjoint(part) or any(map(_names_address, part.values()))
    return isinstance(part, list) and any(map(_names_address, part))


def _svg(document: str) -> bytes:
    return vl_convert.vegalite_to_svg(document, vl_version="5.21", allowed_base_urls=[]).encode()


def _png(document: str) -> bytes:
    return vl_convert.vegalite_to_png(document, vl_version="5.21", allowed_base_urls=[])


_DRAW: dict[bytes, Callable[[str], bytes]] = {b"svg": _svg, b"png": _png}

if __name__ == "__main__":
    main()
