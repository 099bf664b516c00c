"""Modelyard: a machine-learning model registry.

`connect` is where to begin. The names below are imported when they are first used, so that importing the package costs
next to nothing; the server's packages are never imported by them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_PLACES = {
    "connect": "modelyard.client.connection",
    "EnvironmentMismatch": "modelyard.client.loading",
    "Registry": "modelyard.client.registry",
    "RunWarning": "modelyard.client.run",
}

if TYPE_CHECKING:  # what type checkers see in place of `__getattr__`, to which any name is right
    from modelyard.client import errors as errors
    from modelyard.client.connection import connect as connect
    from modelyard.client.loading import EnvironmentMismatch as EnvironmentMismatch
    from modelyard.client.registry import Registry as Registry
    from modelyard.client.run import RunWarning as RunWarning
else:

    def __getattr__(name: str) -> object:
        if name == "errors":
            return import_module("modelyard.client.errors")
        if name in _PLACES:
            return getattr(import_module(_PLACES[name]), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES, "errors"})
