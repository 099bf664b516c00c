"""What the page of registering shows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from modelyard.domain.json_value import JsonObject
from modelyard.presentation.web.formats import count_text, size_text
from modelyard.presentation.web.forms import FormView
from modelyard.presentation.web.pages.register.reading import STORED

TEXTS = ("description", "tags", "params", "metrics", "framework", "framework_version", "parent", "card")


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterView:
    """The form. `stored` are files that the registry has already, as they are sent again with the form."""

    form: FormView
    models: tuple[str, ...]
    actor: str
    files: tuple[tuple[str, str], ...]
    summary: str
    stored: str
    has_details: bool
    """Whether something stands in the fields that are folded away at first."""


def register_view(form: FormView, models: Sequence[str], actor: str, files: Sequence[JsonObject] = ()) -> RegisterView:
    """The form, empty or as it was sent. `actor` is the name that goes with uploads where nobody is asked for one."""
    sizes = [_size(entry) for entry in files]
    return RegisterView(
        form=form,
        models=tuple(models),
        actor=actor,
        files=tuple((str(entry.get("path")), size_text(size)) for entry, size in zip(files, sizes, strict=True)),
        summary=f"{count_text(len(files), 'file')}, {size_text(sum(sizes))}" if files else "",
        stored=json.dumps(list(files)) if files else "",
        has_details=any(form.value(name) or form.fault(name) for name in TEXTS),
    )


def document_of(fields: Mapping[str, str], files: Sequence[JsonObject]) -> JsonObject:
    """The version's description without what stands in lines, as the API takes it."""
    framework = {"name": fields.get("framework", "").strip(), "version": fields.get("framework_version", "").strip()}
    parent = fields.get("parent", "").strip()
    return {
        "files": list(files),
        "description": fields.get("description", "").strip(),
        "card": fields.get("card", ""),
        **({"framework": framework} if any(framework.values()) else {}),
        **({"lineage": {"parent": parent}} if parent else {}),
    }


def shown_fields(fields: Mapping[str, str]) -> dict[str, str]:
    """The texts that stand in the form again."""
    return {name: text for name, text in fields.items() if name != STORED}


def _size(entry: JsonObject) -> int:
    size = entry.get("size_bytes")
    return size if isinstance(size, int) else 0
