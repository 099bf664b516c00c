"""What lists of versions show, and telling that there is more."""

from collections.abc import Iterable, Iterator

from modelyard.cli.output import Column, columns
from modelyard.cli.session import Session
from modelyard.client.answers import Document


def reference_of(version: Document) -> str:
    """`churn:7`."""
    return f"{version['model']}:{version['number']}"


def framework_of(version: Document) -> str:
    """`scikit-learn 1.9.1`, or nothing."""
    held = version.get("framework") or {}
    return f"{held.get('name', '')} {held.get('version', '')}".strip()


VERSION_COLUMNS = columns(
    Column("version", reference_of),
    "stage",
    "aliases",
    "metrics",
    Column("framework", framework_of),
    "size_bytes",
    "created_at",
    "created_by",
    "description",
)


def first(session: Session, documents: Iterable[Document], limit: int) -> Iterator[Document]:
    """The first `limit` of documents that were asked for with one more; people are told if there is one more."""
    for place, document in enumerate(documents):
        if place == limit:
            session.note(f"There are more than {limit}: --limit shows more.")
            return
        yield document
