"""Which HTTP status each error of the registry has. A test fails for an error without one."""

from http import HTTPStatus

from modelyard.domain import errors

STATUS: dict[type[errors.RegistryError], HTTPStatus] = {
    errors.Malformed: HTTPStatus.BAD_REQUEST,
    errors.QuerySyntaxError: HTTPStatus.BAD_REQUEST,
    errors.InvalidCursor: HTTPStatus.BAD_REQUEST,
    errors.InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.DigestMismatch: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.UnsupportedMedia: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.UnsatisfiableRange: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    errors.RequestTimeout: HTTPStatus.REQUEST_TIMEOUT,
    errors.ForeignOrigin: HTTPStatus.FORBIDDEN,
    errors.NotFound: HTTPStatus.NOT_FOUND,
    errors.ModelNotFound: HTTPStatus.NOT_FOUND,
    errors.VersionNotFound: HTTPStatus.NOT_FOUND,
    errors.AliasNotFound: HTTPStatus.NOT_FOUND,
    errors.FileNotInVersion: HTTPStatus.NOT_FOUND,
    errors.UploadNotFound: HTTPStatus.NOT_FOUND,
    errors.Conflict: HTTPStatus.CONFLICT,
    errors.ModelExists: HTTPStatus.CONFLICT,
    errors.ModelInUse: HTTPStatus.CONFLICT,
    errors.VersionInUse: HTTPStatus.CONFLICT,
    errors.StageConflict: HTTPStatus.CONFLICT,
    errors.TransitionRefused: HTTPStatus.CONFLICT,
    errors.BlobsMissing: HTTPStatus.CONFLICT,
    errors.SizeMismatch: HTTPStatus.CONFLICT,
    errors.OffsetConflict: HTTPStatus.CONFLICT,
    errors.UploadBusy: HTTPStatus.CONFLICT,
    errors.UploadIncomplete: HTTPStatus.CONFLICT,
    errors.MetricConflict: HTTPStatus.CONFLICT,
    errors.IdempotencyConflict: HTTPStatus.CONFLICT,
    errors.PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    errors.StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    errors.StorageUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.DatabaseUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.BlobLost: HTTPStatus.INTERNAL_SERVER_ERROR,
}
