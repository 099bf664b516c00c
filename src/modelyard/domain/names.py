"""What a name may look like: models, aliases, and the keys of tags, parameters and metrics."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.json_value import child_pointer

MAX_MODEL_NAME = 200
MAX_ALIAS = 100
MAX_KEY = 250
MAX_TAGS = 200
MAX_TAG_VALUE = 5_000

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*", re.ASCII)


def text_faults(text: str, *, longest: int, forbidden: str = "") -> Iterator[str]:
    """What is wrong with a one-line name; nothing when it may be used.

    A name is 1 to `longest` characters in Unicode NFC, with no space at either end, no control, format or bidi
    character (they make two names look alike), and none of `forbidden`.
    """
    if not 1 <= len(text) <= longest:
        yield f"must have 1 to {longest} characters, not {len(text)}"
    if text.isascii() and text.isprintable():
        pass  # as nearly all names are; what follows concerns the others
    elif any(unicodedata.category(character) in _INVISIBLE for character in text):
        yield "must not hold control, format or bidi characters"
    elif not unicodedata.is_normalized("NFC", text):
        yield f"must be in Unicode normal form NFC; write {unicodedata.normalize('NFC', text)!r}"
    if text != text.strip():
        yield "must not begin or end with a space"
    held = [character for character in forbidden if character in text]
    if held:
        yield f"must not hold {' '.join(held)}"


def _refuse(kind: str, text: str, pointer: str, faults: list[str]) -> None:
    if faults:
        raise InvalidInput(
            f"{text[:100]!r} cannot be {kind}: it {faults[0]}",
            errors=[FieldError(pointer=pointer, message=fault) for fault in faults],
        )


def check_model_name(text: str, pointer: str = "/name") -> str:
    r"""Take a model's name: 1-200 characters, case-sensitive, none of `/ \ : @ ? # %`, not `.` or `..`.

    Dots make hierarchies by convention: `fraud.cards.detector`.
    """
    faults = list(text_faults(text, longest=MAX_MODEL_NAME, forbidden="/\\:@?#%"))
    if text in {".", ".."}:
        faults.append("must not be a relative path")
    _refuse("a model's name", text, pointer, faults)
    return text


def check_alias(text: str, pointer: str = "/alias") -> str:
    """Take an alias: 1-100 ASCII letters, digits, `.`, `_`, `-`, beginning with a letter or digit."""
    if len(text) > MAX_ALIAS or not _ALIAS.fullmatch(text):
        fault = f"must have 1 to {MAX_ALIAS} letters, digits, '.', '_' or '-', and begin with a letter or digit"
        _refuse("an alias", text, pointer, [fault])
    return text


def check_key(text: str, pointer: str, forbidden: str = "") -> str:
    """Take the key of a tag or a parameter, or a metric's name: one visible line of at most 250 characters."""
    _refuse("a key", text, pointer, list(text_faults(text, longest=MAX_KEY, forbidden=forbidden)))
    return text


def check_tags(tags: Mapping[str, str], pointer: str = "/tags") -> dict[str, str]:
    """Take tags: at most 200, values of at most 5,000 characters."""
    if len(tags) > MAX_TAGS:
        _refuse("tags", f"{len(tags)} entries", pointer, [f"must have at most {MAX_TAGS} entries"])
    for key, value in tags.items():
        check_key(key, pointer)
        if len(value) > MAX_TAG_VALUE:
            _refuse(
                "a tag's value", value, child_pointer(pointer, key), [f"must have at most {MAX_TAG_VALUE} characters"]
            )
    return dict(tags)
