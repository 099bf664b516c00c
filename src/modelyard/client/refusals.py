"""What the registry answers when it refuses or cannot do something: one class for each type of problem.

The names and codes are those of the API, held against it by a test.
"""

from modelyard.client.failures import RegistryError


class Malformed(RegistryError):
    """The request cannot be read at all: broken JSON, a broken header, a broken form."""

    code = "malformed-request"


class QuerySyntaxError(Malformed):
    """The text of a query does not parse; `details` hold `position` (0-based), `expected` and `suggestion`."""

    code = "query-syntax"


class QueryTooCostly(RegistryError):
    """A search would look at more than its time allows: no index narrows it down."""

    code = "query-too-costly"


class InvalidCursor(Malformed):
    """A page cursor that this list did not hand out."""

    code = "invalid-cursor"


class InvalidInput(RegistryError):
    """Well-formed, but against a rule; `errors` names each bad field."""

    code = "invalid-input"


class DigestMismatch(InvalidInput):
    """The bytes that arrived are not those that were announced."""

    code = "digest-mismatch"


class TooLarge(RegistryError):
    """A body, file or field over its bound."""

    code = "too-large"


class UnsupportedMedia(RegistryError):
    """A content type that this route does not take."""

    code = "unsupported-media-type"


class UnsatisfiableRange(RegistryError):
    """A byte range that starts beyond the end of the file; `details` hold `size_bytes`."""

    code = "range-not-satisfiable"


class RequestTimeout(RegistryError):
    """The body came too slowly, or stopped."""

    code = "request-timeout"


class ForeignOrigin(RegistryError):
    """A web page of another site is behind the request, or the server is called by a foreign name."""

    code = "foreign-origin"


class NotFound(RegistryError):
    """Something named by the caller does not exist, or may not be seen by them."""

    code = "not-found"


class ModelNotFound(NotFound):
    """No model has this name."""

    code = "model-not-found"


class VersionNotFound(NotFound):
    """The reference names no version of the model."""

    code = "version-not-found"


class AliasNotFound(NotFound):
    """The model has no such alias."""

    code = "alias-not-found"


class FileNotInVersion(NotFound):
    """The version holds no file at this path."""

    code = "file-not-found"


class UploadNotFound(NotFound):
    """The upload never was, has ended or has expired."""

    code = "upload-not-found"


class Conflict(RegistryError):
    """The state of the registry does not allow it."""

    code = "conflict"


class ModelExists(Conflict):
    """A model of this name is there already."""

    code = "model-exists"


class ModelInUse(Conflict):
    """A model with versions in staging or production, or with aliases, is not deleted by accident."""

    code = "model-in-use"


class VersionInUse(Conflict):
    """A version in staging or production, or with an alias, is not deleted by accident."""

    code = "version-in-use"


class StageConflict(Conflict):
    """The version is not in the stage that the caller expects it to leave; `details` hold `stage`."""

    code = "stage-conflict"


class TransitionRefused(Conflict):
    """The transition table, or the model's policy, has no such step."""

    code = "transition-refused"


class BlobsMissing(Conflict):
    """A registration names digests that are not stored; `details` hold `missing`."""

    code = "blobs-missing"


class SizeMismatch(Conflict):
    """A registration states another size than the stored file has."""

    code = "size-mismatch"


class OffsetConflict(Conflict):
    """A resumable upload was continued at the wrong place; `details` hold `offset_bytes`, the right one."""

    code = "offset-conflict"


class UploadBusy(Conflict):
    """Another request is writing to this upload at this moment."""

    code = "upload-busy"


class UploadIncomplete(Conflict):
    """An upload was ended before all its bytes had come; `details` hold `offset_bytes` and `size_bytes`."""

    code = "upload-incomplete"


class MetricConflict(Conflict):
    """A metric was recorded before at the same step, with another value."""

    code = "metric-conflict"


class IdempotencyConflict(Conflict):
    """The same Idempotency-Key came with another request."""

    code = "idempotency-conflict"


class PreconditionFailed(RegistryError):
    """If-Match named another revision than the present one."""

    code = "precondition-failed"


class StorageFull(RegistryError):
    """No space left, in the blob store or the database; nothing was kept of this request."""

    code = "storage-full"


class StorageUnavailable(RegistryError):
    """The blob store does not answer, or answers with an error."""

    code = "storage-unavailable"


class DatabaseUnavailable(RegistryError):
    """The database does not answer, is locked, or answers with an error."""

    code = "database-unavailable"


class BlobLost(RegistryError):
    """A file that a version refers to is gone, shorter than recorded or quarantined: the store was damaged."""

    code = "blob-lost"


class FormatUnavailable(RegistryError):
    """A form of the answer that needs an optional part, which is not installed."""

    code = "format-unavailable"


class DrawingUnavailable(RegistryError):
    """A picture was not drawn: it took too long, too many were waiting, or the drawing process ended."""

    code = "drawing-unavailable"


class PolicyNotFound(NotFound):
    """No policy is set for this pattern, or none of the model's own."""

    code = "policy-not-found"


class RequestNotFound(NotFound):
    """The model has no request of this number."""

    code = "request-not-found"


class GateFailed(Conflict):
    """A gate of the policy does not pass; `details` hold `gates`, the whole checklist with the values seen."""

    code = "gate-failed"


class ApprovalRequired(Conflict):
    """The policy wants approvals that are not given; `details` hold `needed` and `given`, and the checklist."""

    code = "approval-required"


class OwnRequest(Conflict):
    """Nobody approves or rejects what they asked for themselves, and nobody approves twice."""

    code = "own-request"


class RequestClosed(Conflict):
    """The request was decided, withdrawn or has expired; `details` hold `standing`."""

    code = "request-closed"


class RequestExists(Conflict):
    """The same step of the same version is asked for already; `details` hold `id`, the open request."""

    code = "request-exists"


class NothingToRollBackTo(Conflict):
    """No earlier version was in production, or the named one never was."""

    code = "nothing-to-roll-back-to"


class WebhookNotFound(NotFound):
    """There is no webhook of this id."""

    code = "webhook-not-found"


class DeliveryNotFound(NotFound):
    """The webhook has no delivery of this id; those that have ended are kept for a while only."""

    code = "delivery-not-found"


class TooManyWebhooks(Conflict):
    """A registry has at most 100 webhooks."""

    code = "too-many-webhooks"
