import json
import logging
import sys
from collections.abc import Iterator

import pytest

from modelyard.bootstrap.logs import ConsoleFormatter, RequestIdFilter, configure_logging
from modelyard.bootstrap.settings import Settings
from modelyard.presentation.http.request_id import request_id_var

NAMES = ("", "modelyard", "modelyard.access", "uvicorn", "uvicorn.error")


@pytest.fixture(autouse=True)
def kept_logging() -> Iterator[None]:
    """Logging is one for the whole process: put it back."""
    loggers = [logging.getLogger(name) for name in NAMES]
    before = [(logger.level, logger.handlers[:], logger.propagate) for logger in loggers]
    yield
    for logger, (level, handlers, propagate) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.handlers = handlers
        logger.propagate = propagate


def test_json_lines_carry_the_id_of_the_request(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    token = request_id_var.set("r-1")
    logging.getLogger("modelyard.catalog").info("made %s", "churn", extra={"model": "churn"})
    request_id_var.reset(token)
    record = json.loads(capsys.readouterr().err)
    assert record.pop("timestamp").endswith("+00:00")
    assert record == {
        "level": "INFO", "logger": "modelyard.catalog", "request_id": "r-1", "message": "made churn", "model": "churn",
    }  # fmt: skip


def test_a_record_may_bring_its_own_request_id() -> None:
    record = logging.makeLogRecord({"request_id": "its own"})
    RequestIdFilter().filter(record)
    assert record.__dict__["request_id"] == "its own"


def test_uvicorn_speaks_in_the_same_lines(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="json"))
    logging.getLogger("uvicorn.error").info("up", extra={"color_message": "\x1b[1mup"})
    record = json.loads(capsys.readouterr().err)
    assert (record["logger"], record["message"], record["request_id"]) == ("uvicorn.error", "up", "-")
    assert "color_message" not in record


def test_console_lines_escape_what_could_forge_another_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="console"))
    logging.getLogger("modelyard").warning("%s", "a\nb\x1b[2Jc\x85d\te")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(r" WARNING  modelyard [-] a\x0ab\x1b[2Jc\x85d" + "\te")


def test_console_lines_keep_the_lines_of_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(Settings(log_format="console"))
    try:
        raise ValueError("bad")
    except ValueError:
        logging.getLogger("modelyard").exception("failed")
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("ERROR    modelyard [-] failed")
    assert lines[-1] == "ValueError: bad"


def test_auto_means_console_on_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for is_terminal in (True, False):
        monkeypatch.setattr(sys.stderr, "isatty", lambda is_terminal=is_terminal: is_terminal)
        configure_logging(Settings())
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler.formatter, ConsoleFormatter) == is_terminal


@pytest.mark.parametrize(
    ("settings", "is_logged"),
    [
        (Settings(), False),
        (Settings(access_log=True), True),
        (Settings(log_level="debug"), True),
        (Settings(access_log=True, log_level="error"), True),
    ],
    ids=["by default", "access_log", "debug", "access_log at level error"],
)
def test_requests_are_logged_only_when_asked_for(settings: Settings, is_logged: bool) -> None:
    configure_logging(settings)
    assert logging.getLogger("modelyard.access").isEnabledFor(logging.INFO) == is_logged


@pytest.mark.parametrize(("level", "of_libraries"), [("debug", "WARNING"), ("info", "WARNING"), ("error", "ERROR")])
def test_libraries_speak_from_warning_on(level: str, of_libraries: str) -> None:
    configure_logging(Settings(log_level=level))
    assert logging.getLevelName(logging.getLogger("some.library").getEffectiveLevel()) == of_libraries
    assert logging.getLogger("modelyard.x").getEffectiveLevel() == getattr(logging, level.upper())
