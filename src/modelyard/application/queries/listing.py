"""Lists and searches of models and versions."""

from dataclasses import replace

from modelyard.application.ports.database import Transaction
from modelyard.application.queries.page import MAX_COUNT, ListOrder, Page, PageRequest, page_of, window_of
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import Subject, parse
from modelyard.domain.registered_model import RegisteredModel

MODEL_ORDER = ListOrder(
    fields={"name": str, "created_at": int, "updated_at": int}, default="name", unique="name", is_ranked=True
)

VERSION_ORDER = ListOrder(
    fields={
        "id": int,
        "created_at": int,
        "updated_at": int,
        "number": int,
        "model": str,
        "stage": str,
        "size_bytes": int,
    },
    default="-id",
    unique="id",
    values=("metric", "param"),
    is_ranked=True,
)
"""Over all models: those that were registered last come first, in whatever order clocks went."""

VERSION_OF_MODEL_ORDER = replace(VERSION_ORDER, default="-number", unique="number")


def list_models(tx: Transaction, request: PageRequest) -> Page[RegisteredModel]:
    """Models that the query fits.

    Raises:
        QuerySyntaxError, InvalidCursor, InvalidInput: the request.
    """
    expression = parse(request.q, Subject.MODELS)
    window = window_of(request, MODEL_ORDER, "models")
    rows = tx.search.models(expression, window)
    total = tx.search.count_models(expression, at_most=MAX_COUNT) if request.is_counted else None
    return page_of(rows, request, window, "models", total)


def list_versions(tx: Transaction, model_name: str | None, request: PageRequest) -> Page[VersionSummary]:
    """Versions that the query fits, of one model or of all.

    Raises:
        ModelNotFound: there is no such model.
        QuerySyntaxError, InvalidCursor, InvalidInput: the request.
    """
    expression = parse(request.q, Subject.VERSIONS)
    model_id = None if model_name is None else tx.models.get(model_name).id
    scope = f"versions/{model_id or ''}"
    window = window_of(request, VERSION_ORDER if model_id is None else VERSION_OF_MODEL_ORDER, scope)
    rows = tx.search.versions(expression, model_id, window)
    total = None
    if request.is_counted:
        total = tx.search.count_versions(expression, model_id, at_most=MAX_COUNT)
    return page_of(rows, request, window, scope, total)
