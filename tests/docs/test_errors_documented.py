import re
from collections.abc import Iterator
from http import HTTPStatus

import pytest

from modelyard.domain.errors import RegistryError
from modelyard.presentation.http import refusal
from modelyard.presentation.http.error_map import STATUS
from modelyard.presentation.http.refusal import Refusal
from tests.docs.guide import ROOT

PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
OF_THE_FRAMEWORK = {"method-not-allowed": 405, "internal": 500}
"""What no error of the registry stands behind; tests of the API meet both."""


def kinds_below(parent: type[RegistryError]) -> Iterator[type[RegistryError]]:
    for child in parent.__subclasses__():
        yield child
        yield from kinds_below(child)


KINDS = list(kinds_below(RegistryError))


def rows() -> dict[str, int]:
    return {code: int(status) for code, status in re.findall(r"(?m)^\| `([a-z-]+)` \| (\d{3}) \|", PAGE)}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_status(kind: type[RegistryError]) -> None:
    assert isinstance(STATUS[kind], HTTPStatus)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_error_has_a_row_with_its_status(kind: type[RegistryError]) -> None:
    assert rows()[kind.code] == STATUS[kind]


def test_no_two_errors_have_one_code() -> None:
    codes = [kind.code for kind in KINDS]
    assert len(codes) == len(set(codes))


def test_the_page_has_a_row_for_each_answer_of_the_connection() -> None:
    found = [made for made in vars(refusal).values() if isinstance(made, Refusal)]
    assert found
    for made in found:
        assert rows()[made.code] == made.status


def test_the_page_has_no_other_row() -> None:
    of_the_connection = {made.code: made.status.value for made in vars(refusal).values() if isinstance(made, Refusal)}
    expected = {kind.code: STATUS[kind].value for kind in KINDS} | of_the_connection | OF_THE_FRAMEWORK
    assert rows() == expected
    assert len(re.findall(r"(?m)^\| `[a-z-]+` \| \d{3} \|", PAGE)) == len(expected)


def test_every_row_says_when_and_what_to_do() -> None:
    for row in re.findall(r"(?m)^\| `[a-z-]+` \| \d{3} \|.*$", PAGE):
        _, _, _, when, what_to_do, _ = row.split("|")
        assert when.strip(), row
        assert what_to_do.strip(), row
