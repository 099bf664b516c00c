"""References to models and versions: `churn`, `churn:7`, `churn:production`, `churn:latest`, `churn@champion`."""

from dataclasses import dataclass
from urllib.parse import quote

from modelyard.client.failures import BadReference


@dataclass(frozen=True, slots=True)
class Reference:
    """A model and what follows it, as the API's paths write it: `7`, `production`, `latest`, `@champion`."""

    model: str
    ref: str

    def __str__(self) -> str:
        return f"{self.model}{self.ref}" if self.ref.startswith("@") else f"{self.model}:{self.ref}"

    @property
    def path(self) -> str:
        """Where the version is, below the API's base."""
        return f"{model_path(self.model)}/versions/{quote(self.ref, safe='@')}"


def model_path(model: str) -> str:
    """Where a model is, below the API's base."""
    return f"/models/{quote(model, safe='')}"


def parse_reference(text: str, default: str = "") -> Reference:
    """What a text names; one that names a model alone means its `default` (`latest`, say), if there is one.

    Raises:
        BadReference: it names no version.
    """
    for sign, kept in ((":", ""), ("@", "@")):
        model, found, ref = text.partition(sign)
        if found and model and ref:
            return Reference(model, kept + ref)
    if default and text and not text.endswith((":", "@")):
        return Reference(text, default)
    raise BadReference(f"{text!r} names no version")


def file_path(model: str, number: int, path: str) -> str:
    """Where a file of a version is, below the API's base."""
    return f"{model_path(model)}/versions/{number}/files/{quote(path, safe='/')}"
