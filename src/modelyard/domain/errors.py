"""The one tree of errors that the registry raises on purpose.

Each class carries a stable `code` (it becomes the last part of a problem's `type`) and a `title`; each raised error
adds a message for this case, a hint that says what to do next, and details for programs. The domain knows no HTTP: the
presentation maps classes to status codes, the command line maps them to exit codes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldError:
    """One bad field: `pointer` is a JSON pointer into the body, or the name of a parameter or header."""

    pointer: str
    message: str


class RegistryError(Exception):
    """Root of everything that the registry refuses or cannot do."""

    code: ClassVar[str] = "registry-error"
    title: ClassVar[str] = "The registry refused the request"
    default_hint: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        details: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint or self.default_hint
        self.details = dict(details or {})
        self.errors = tuple(errors)


class Malformed(RegistryError):
    """The request cannot be read at all: broken JSON, a broken header, a broken form."""

    code = "malformed-request"
    title = "The request cannot be read"


class QuerySyntaxError(Malformed):
    """The text of a query does not parse; details hold `position` (0-based), `expected` and `suggestion`."""

    code = "query-syntax"
    title = "The query does not parse"


class QueryTooCostly(RegistryError):
    """A search would look at more than its time allows: no index narrows it down."""

    code = "query-too-costly"
    title = "The search takes too long"
    default_hint = "Add a term that fewer fit, such as model:, a tag or a word of three letters, or leave the sort out."


class InvalidCursor(Malformed):
    """A page cursor that this list did not hand out."""

    code = "invalid-cursor"
    title = "The cursor is not one of this list"
    default_hint = "Start again without `cursor`, and pass on `next_cursor` as it came."


class InvalidInput(RegistryError):
    """Well-formed, but against a rule; `errors` names each bad field."""

    code = "invalid-input"
    title = "The request breaks a rule"


class DigestMismatch(InvalidInput):
    """The bytes that arrived are not those that were announced."""

    code = "digest-mismatch"
    title = "The bytes do not have the announced digest"
    default_hint = "Compute the digest again and send the file again; nothing was stored."


class TooLarge(RegistryError):
    """A body, file or field over its bound."""

    code = "too-large"
    title = "The request is larger than allowed"


class UnsupportedMedia(RegistryError):
    """A content type that this route does not take."""

    code = "unsupported-media-type"
    title = "The content type is not supported here"


class UnsatisfiableRange(RegistryError):
    """A byte range that starts beyond the end of the file; details hold `size_bytes`."""

    code = "range-not-satisfiable"
    title = "The range lies outside the file"


class RequestTimeout(RegistryError):
    """The body came too slowly, or stopped."""

    code = "request-timeout"
    title = "The request took too long to arrive"


class ForeignOrigin(RegistryError):
    """A web page of another site is behind the request, or the server is called by a foreign name."""

    code = "foreign-origin"
    title = "Requests of other sites are refused"


class NotFound(RegistryError):
    """Something named by the caller does not exist, or may not be seen by them."""

    code = "not-found"
    title = "There is nothing at this address"


class ModelNotFound(NotFound):
    """No model has this name."""

    code = "model-not-found"
    title = "There is no such model"


class VersionNotFound(NotFound):
    """The reference names no version of the model."""

    code = "version-not-found"
    title = "There is no such version"


class AliasNotFound(NotFound):
    """The model has no such alias."""

    code = "alias-not-found"
    title = "There is no such alias"


class FileNotInVersion(NotFound):
    """The version holds no file at this path."""

    code = "file-not-found"
    title = "The version has no such file"


class UploadNotFound(NotFound):
    """The upload never was, has ended or has expired."""

    code = "upload-not-found"
    title = "There is no such upload"
    default_hint = "Begin a new upload with POST /api/v1/uploads."


class Conflict(RegistryError):
    """The state of the registry does not allow it."""

    code = "conflict"
    title = "The state of the registry does not allow it"


class ModelExists(Conflict):
    """A model of this name is there already."""

    code = "model-exists"
    title = "A model of this name exists"


class ModelInUse(Conflict):
    """A model with versions in staging or production, or with aliases, is not deleted by accident."""

    code = "model-in-use"
    title = "The model is in use"


class VersionInUse(Conflict):
    """A version in staging or production, or with an alias, is not deleted by accident."""

    code = "version-in-use"
    title = "The version is in use"


class StageConflict(Conflict):
    """The version is not in the stage that the caller expects it to leave; details hold `stage`."""

    code = "stage-conflict"
    title = "The version is in another stage"


class TransitionRefused(Conflict):
    """The transition table, or the model's policy, has no such step."""

    code = "transition-refused"
    title = "This change of stage is not allowed"


class BlobsMissing(Conflict):
    """A registration names digests that are not stored; details hold `missing`."""

    code = "blobs-missing"
    title = "Some files have not been uploaded"
    default_hint = "Upload the digests in `missing` with PUT /api/v1/blobs/{digest}, then register again."


class SizeMismatch(Conflict):
    """A registration states another size than the stored file has."""

    code = "size-mismatch"
    title = "A file has another size than stated"


class OffsetConflict(Conflict):
    """A resumable upload was continued at the wrong place; details hold `offset_bytes`, the right one."""

    code = "offset-conflict"
    title = "The upload continues at another offset"


class UploadBusy(Conflict):
    """Another request is writing to this upload at this moment."""

    code = "upload-busy"
    title = "The upload is being written by another request"


class UploadIncomplete(Conflict):
    """An upload was ended before all its bytes had come; details hold `offset_bytes` and `size_bytes`."""

    code = "upload-incomplete"
    title = "The upload is not complete"


class MetricConflict(Conflict):
    """A metric was recorded before at the same step, with another value."""

    code = "metric-conflict"
    title = "The metric has another value at this step"


class IdempotencyConflict(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency-conflict"
    title = "The idempotency key was used for another request"
    default_hint = "Use a new key for a new request."


class PreconditionFailed(RegistryError):
    """If-Match named another revision than the present one."""

    code = "precondition-failed"
    title = "It was changed in the meantime"
    default_hint = "Read it again, and send your change with the new ETag."


class StorageFull(RegistryError):
    """No space left, in the blob store or the database; nothing was kept of this request."""

    code = "storage-full"
    title = "There is no space left"
    default_hint = "Free space on the server's disk; nothing of this request was kept."


class StorageUnavailable(RegistryError):
    """The blob store does not answer, or answers with an error."""

    code = "storage-unavailable"
    title = "The file store does not answer"
    default_hint = "Try again in a moment."


class DatabaseUnavailable(RegistryError):
    """The database does not answer, is locked, or answers with an error."""

    code = "database-unavailable"
    title = "The database does not answer"
    default_hint = "Try again in a moment."


class BlobLost(RegistryError):
    """A file that a version refers to is gone, shorter than recorded or quarantined: the store was damaged."""

    code = "blob-lost"
    title = "A stored file is missing or damaged"
    default_hint = "Tell the operator; a backup holds the file."
