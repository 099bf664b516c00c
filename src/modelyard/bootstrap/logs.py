"""How the server logs: one line a record on stderr, as JSON for programs or plain for people."""

import logging
import logging.config
import sys
import time

from pythonjsonlogger.core import RESERVED_ATTRS

from modelyard.bootstrap.settings import Settings
from modelyard.presentation.http.request_id import request_id_var

_FIELDS = ("timestamp", "levelname", "name", "request_id", "message")
# A line feed in a message could pass for another record, an escape character could rewrite the terminal.
_ESCAPED = {code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code != 0x09}


class RequestIdFilter(logging.Filter):
    """Gives each record the id of the request that it belongs to, unless it brought its own."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if not hasattr(record, "request_id"):
            record.request_id = request_id_var.get()
        return True


class ConsoleFormatter(logging.Formatter):
    """One line for a person: time (UTC), level, logger, request id, message with control characters escaped."""

    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-8s %(name)s [%(request_id)s] %(message)s")
        self.converter = time.gmtime

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name is logging's
        """Escape the message; a traceback is added afterwards and keeps its lines."""
        record.message = record.message.translate(_ESCAPED)
        return super().formatMessage(record)


def configure_logging(settings: Settings) -> None:
    """Set up the root logger and those of the registry and of uvicorn; earlier handlers of theirs are dropped.

    `log_level` holds for the registry and uvicorn; other libraries speak from WARNING on. Requests are logged one by
    one only with `access_log` or at level debug.
    """
    level = settings.log_level.upper()
    is_access_logged = settings.access_log or settings.log_level == "debug"
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "filters": {"request_id": {"()": RequestIdFilter}},
            "formatters": {"line": _formatter(settings.log_format)},
            "handlers": {
                "stderr": {
                    "class": "logging.StreamHandler",
                    "stream": "ext://sys.stderr",
                    "filters": ["request_id"],
                    "formatter": "line",
                }
            },
            "root": {"level": "WARNING" if level in {"DEBUG", "INFO"} else level, "handlers": ["stderr"]},
            "loggers": {
                "modelyard": {"level": level},
                "modelyard.access": {"level": "INFO" if is_access_logged else "CRITICAL"},
                "uvicorn": {"level": level, "handlers": []},
                "uvicorn.error": {"level": level, "handlers": []},
            },
        }
    )


def _formatter(log_format: str) -> dict[str, object]:
    is_console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    if is_console:
        return {"()": ConsoleFormatter}
    return {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": _FIELDS,
        "timestamp": True,
        "rename_fields": {"levelname": "level", "name": "logger"},
        "reserved_attrs": [*RESERVED_ATTRS, "color_message"],  # uvicorn's copy of the message for terminals
    }
