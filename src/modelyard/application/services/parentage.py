"""What a version says of the one that it was made from."""

from collections.abc import Callable
from dataclasses import replace

from modelyard.application.ports.database import Transaction
from modelyard.domain.errors import FieldError, InvalidInput, NotFound
from modelyard.domain.model_version import VersionDraft
from modelyard.domain.reference import Reference, parse_full_reference

_POINTER = "/lineage/parent"


def with_parent(tx: Transaction, draft: VersionDraft) -> VersionDraft:
    """The draft with its parent looked up, and named by its number.

    Raises:
        InvalidInput: the parent is not there, or is no reference.
    """
    named = _parent_of(draft)
    if named is None:
        return draft
    text, model, reference = named
    try:
        number = tx.versions.get(model, reference).number
    except NotFound as error:
        raise _unknown(text) from error
    lineage = {**(draft.content.lineage or {}), "parent": f"{model}:{number}"}
    return replace(draft, content=replace(draft.content, lineage=lineage))


def require_parent(draft: VersionDraft, may_see: Callable[[str], bool]) -> None:
    """Let only a parent pass whose model the caller may see; to them, any other one is not there.

    Raises:
        InvalidInput: they may not, in the words for a parent that is not there.
    """
    named = _parent_of(draft)
    if named is not None and not may_see(named[1]):
        raise _unknown(named[0])


def _parent_of(draft: VersionDraft) -> tuple[str, str, Reference] | None:
    parent = (draft.content.lineage or {}).get("parent")
    return (parent, *parse_full_reference(parent, _POINTER)) if isinstance(parent, str) else None


def _unknown(parent: str) -> InvalidInput:
    message = f"the parent {parent} is not in this registry"
    return InvalidInput(
        message,
        hint="Register the parent first, or name it in `source`.",
        errors=[FieldError(pointer=_POINTER, message=message)],
    )
