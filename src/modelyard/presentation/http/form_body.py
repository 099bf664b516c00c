"""Forms without files, as browsers and OAuth send them."""

from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from modelyard.domain.errors import Malformed, UnsupportedMedia
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.strict_json import read_bounded

FORM_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 1_000


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form without files; line ends as LF.

    Raises:
        UnsupportedMedia: it is something else.
        TooLarge: it is larger than a JSON body may be.
        Malformed: it cannot be read, or gives a field twice.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise UnsupportedMedia(f"a form comes as {FORM_TYPE}")
    body = await read_bounded(request, context_of(request).max_json_bytes)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Malformed("the form cannot be read") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("the form gives a field twice")
    return {name: value.replace("\r\n", "\n") for name, value in fields.items()}
