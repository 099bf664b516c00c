"""Whether what is recorded of versions agrees with itself: manifests with their digests, and with the rows."""

from collections.abc import AsyncIterator, Sequence

from modelyard.application.ports.database import Database, Transaction
from modelyard.application.ports.versions import StoredFile
from modelyard.domain.errors import ModelNotFound, VersionNotFound
from modelyard.domain.json_value import JsonValue, canonical_json
from modelyard.domain.model_version import ModelVersion, seal
from modelyard.domain.reference import ByNumber

_VERSIONS = 100
_SEALED = ("framework", "lineage", "params", "signature")


async def manifest_faults(database: Database) -> AsyncIterator[tuple[str, str]]:
    """Each version, as `model:number`, with what is wrong with its manifest: nothing, if the text is empty."""
    beyond = 0
    while page := await database.scan(_page_of_versions, beyond):
        for version_id, model, number, fault in page:
            yield f"{model}:{number}", fault
            beyond = version_id


def _page_of_versions(tx: Transaction, beyond: int) -> Sequence[tuple[int, str, int, str]]:
    versions = tx.versions.after(beyond, limit=_VERSIONS)
    return [(version_id, model, number, _manifest_fault(tx, model, number)) for version_id, model, number in versions]


def _manifest_fault(tx: Transaction, model: str, number: int) -> str:
    try:
        version, files = tx.versions.files(model, ByNumber(number))
        return _difference(version, files)
    except (ModelNotFound, VersionNotFound):
        return "its model and its number do not lead to it"
    except (ValueError, TypeError, LookupError) as error:  # whatever a hand in the database left there
        return f"it cannot be read: {type(error).__name__}"


def _difference(version: ModelVersion, files: Sequence[StoredFile]) -> str:
    parts = {name: canonical_json(getattr(version, name)) for name in _SEALED}
    parts["files"] = canonical_json(list(version.files))
    digest = seal(parts)
    if digest != version.digest:
        return f"its content has the digest {digest}, not {version.digest}"
    stored: list[JsonValue] = [
        {
            "path": one.file.path,
            "digest": one.file.digest,
            "size_bytes": one.file.size_bytes,
            "media_type": one.file.media_type,
        }
        for one in sorted(files, key=lambda one: one.file.path)
    ]
    return "" if canonical_json(stored) == parts["files"] else "the files that it refers to are not those it sealed"
