"""docs/errors.md names every error that the registry answers, and no other."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelyard.domain.errors import Conflict, RegistryError
from modelyard.presentation.http.error_map import STATUS

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
NEVER_RAISED_THEMSELVES = {RegistryError, Conflict}
OF_HTTP = {"method-not-allowed", "request-header-fields-too-large", "internal"}


def errors_below(error: type[RegistryError]) -> Iterator[type[RegistryError]]:
    yield error
    for narrower in error.__subclasses__():
        yield from errors_below(narrower)


ERRORS = sorted(set(errors_below(RegistryError)) - NEVER_RAISED_THEMSELVES, key=lambda error: error.code)
DOCUMENTED = {
    code: int(status)
    for status, code in re.findall(r"^\| (\d{3}) \| `([a-z-]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.code)
def test_each_error_has_a_status_and_stands_in_the_page_with_it(error: type[RegistryError]) -> None:
    assert DOCUMENTED[error.code] == STATUS[error].value


def test_the_page_names_no_error_that_there_is_not() -> None:
    assert set(DOCUMENTED) == {error.code for error in ERRORS} | OF_HTTP


def test_no_two_errors_share_a_code() -> None:
    assert len({error.code for error in ERRORS}) == len(ERRORS)
