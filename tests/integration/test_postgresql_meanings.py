"""What each failure of PostgreSQL means to the caller."""

import logging

import psycopg
import pytest

from modelyard.domain.errors import DatabaseUnavailable, InvalidInput, NotFound, StorageFull
from modelyard.infrastructure.database.postgresql_faults import meaning_of


def failure(state: str | None, kind: type[psycopg.Error] = psycopg.OperationalError) -> psycopg.Error:
    error = kind("it failed")
    error.sqlstate = state
    return error


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        pytest.param(failure("53100"), StorageFull, id="full"),
        pytest.param(failure("53300"), DatabaseUnavailable, id="too many connections"),
        pytest.param(failure("55P03"), DatabaseUnavailable, id="a lock"),
        pytest.param(failure("57014"), DatabaseUnavailable, id="too slow"),
        pytest.param(failure("57P01"), DatabaseUnavailable, id="shutting down"),
        pytest.param(failure("40P01"), DatabaseUnavailable, id="a deadlock, again and again"),
        pytest.param(failure("25006"), DatabaseUnavailable, id="read-only"),
        pytest.param(failure("58030"), DatabaseUnavailable, id="an I/O error"),
        pytest.param(failure(None), DatabaseUnavailable, id="gone"),
        pytest.param(failure("54000"), InvalidInput, id="too long for an index"),
        pytest.param(psycopg.DataError("text cannot contain NUL bytes"), NotFound, id="NUL"),
        pytest.param(failure("42601", psycopg.ProgrammingError), psycopg.ProgrammingError, id="a wrong statement"),
        pytest.param(failure("23503", psycopg.IntegrityError), psycopg.IntegrityError, id="a constraint"),
        pytest.param(ValueError(), ValueError, id="another error"),
    ],
)
def test_a_failure_of_the_database_means(
    error: Exception, meaning: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL):
        found = meaning_of(error)

    assert type(found) is meaning
    assert found is error or isinstance(found, NotFound) or found.__cause__ is error
