"""What to copy to get a version: in Python, on the command line, and with curl."""

import json
import shlex
from dataclasses import dataclass

from modelyard.domain.model_version import ModelVersion
from modelyard.presentation.web.links import download_link


@dataclass(frozen=True, slots=True, kw_only=True)
class SnippetView:
    """A piece of code, and what it is in."""

    label: str
    text: str


def snippet_views(version: ModelVersion, origin: str) -> tuple[SnippetView, ...]:
    """The same version three times. Names are quoted as each language wants it."""
    reference = f"{version.model}:{version.number}"
    python = (
        "import modelyard\n\n"
        f"registry = modelyard.connect({json.dumps(origin)})\n"
        f"model = registry.load({json.dumps(reference, ensure_ascii=False)})"
    )
    pull = f"export MODELYARD_URL={shlex.quote(origin)}\n" + shlex.join(["modelyard", "pull", reference, "."])
    found = [
        SnippetView(label="Python", text=python),
        SnippetView(label="Command line", text=pull),
    ]
    if version.files:
        path = str(version.files[0]["path"])
        address = origin + download_link(version.model, version.number, path)
        found.append(SnippetView(label="curl", text=shlex.join(["curl", "-fOJ", address])))
    return tuple(found)
