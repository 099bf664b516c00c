import pytest
from fastapi import Request

from modelyard.application.services.precondition import ABSENT, require_tag
from modelyard.domain.errors import Malformed, PreconditionFailed
from modelyard.presentation.http.conditions import etag, expected_tags, has_current
from tests.unit.presentation.asgi import http_scope

NOT_TAGS = [
    "",
    " ",
    "a",
    '"a',
    'a"',
    "'a'",
    '"a" "b"',
    '"a",',
    ',"a"',
    '"a b"',
    '"a\tb"',
    'w/"a"',
    'W/ "a"',
    '*, "a"',
    "**",
]


def request_with(*headers: tuple[bytes, str]) -> Request:
    return Request(http_scope(*((name, value.encode("latin-1")) for name, value in headers)))


def passes(present: str, *headers: tuple[bytes, str]) -> bool:
    try:
        require_tag(present, expected_tags(request_with(*headers)))
    except PreconditionFailed:
        return False
    return True


def test_a_tag_is_quoted() -> None:
    assert etag("7-3") == '"7-3"'


@pytest.mark.parametrize(
    ("header", "holds"),
    [
        ('"a"', True),
        ('"b"', False),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b" , W/"a" ,"c"', True),
        ('""', False),
        ("*", True),
        (" * ", True),
        ('"a,b"', False),
        ('"ä"', False),
    ],
)
def test_if_none_match_is_compared_weakly(header: str, holds: bool) -> None:
    assert has_current(request_with((b"if-none-match", header)), "a") is holds


def test_without_the_header_nothing_is_current() -> None:
    assert not has_current(request_with(), "a")


@pytest.mark.parametrize(
    ("header", "present", "is_passed"),
    [
        ('"a"', "a", True),
        ('"b"', "a", False),
        ('W/"a"', "a", False),
        ('"b", "a"', "a", True),
        ("*", "a", True),
        ("*", ABSENT, False),
        ('"a"', ABSENT, False),
    ],
)
def test_if_match_is_compared_strongly(header: str, present: str, is_passed: bool) -> None:
    assert passes(present, (b"if-match", header)) is is_passed


@pytest.mark.parametrize(
    ("header", "present", "is_passed"),
    [("*", "a", False), ("*", ABSENT, True), ('"a"', "a", False), ('W/"a"', "a", False), ('"b"', "a", True)],
)
def test_if_none_match_keeps_changes_away(header: str, present: str, is_passed: bool) -> None:
    assert passes(present, (b"if-none-match", header)) is is_passed


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "is_passed"),
    [('"a"', '"b"', True), ('"a"', '"a"', False), ('"b"', '"b"', False), ("*", '"b"', True), ("*", "*", False)],
)
def test_both_must_hold(if_match: str, if_none_match: str, is_passed: bool) -> None:
    assert passes("a", (b"if-match", if_match), (b"if-none-match", if_none_match)) is is_passed


def test_without_headers_every_state_passes() -> None:
    assert passes("a")
    assert passes(ABSENT)


def test_several_lines_are_one_list() -> None:
    assert passes("a", (b"if-match", '"b"'), (b"if-match", '"a"'))


@pytest.mark.parametrize("header", NOT_TAGS)
def test_what_is_no_list_of_tags_is_refused(header: str) -> None:
    with pytest.raises(Malformed):
        has_current(request_with((b"if-none-match", header)), "a")
    for name in (b"if-match", b"if-none-match"):
        with pytest.raises(Malformed):
            expected_tags(request_with((name, header)))
