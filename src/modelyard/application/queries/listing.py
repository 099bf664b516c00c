"""Lists and searches of models and versions."""

from dataclasses import replace

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.search import RELEVANCE, Rows, Window
from modelyard.application.queries.highlighting import highlights_of_model, highlights_of_version, words_of
from modelyard.application.queries.page import MAX_COUNT, ListOrder, Page, PageRequest, page_of, window_of
from modelyard.domain.errors import FieldError, InvalidInput
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.query import Expression, Subject, parse
from modelyard.domain.registered_model import RegisteredModel

MODEL_ORDER = ListOrder(
    fields={"name": str, "created_at": int, "updated_at": int}, default="name", unique="name", is_ranked=True
)

VERSION_ORDER = ListOrder(
    fields={
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
    _require_words(window, expression)
    rows = tx.search.models(expression, window)
    total = tx.search.count_models(expression, at_most=MAX_COUNT) if request.is_counted else None
    page = page_of(rows, request, window, "models", total)
    if not request.is_highlighted:
        return page
    words = words_of(expression)
    return replace(page, highlights=[highlights_of_model(model, words) for model in page.items])


def list_newest_versions(tx: Transaction, model: str, request: PageRequest) -> Page[VersionSummary] | None:
    """What `list_versions` gives for a request that `is_plain`, by one statement; None where nothing is found.

    Raises:
        InvalidInput: the request.
    """
    window = window_of(request, VERSION_OF_MODEL_ORDER, "")
    found = tx.versions.newest(model, limit=window.limit + 1)
    if not found:
        return None
    shown = found[: window.limit]
    rows = Rows(shown, (shown[-1].number,) if len(found) > window.limit else None)
    return page_of(rows, request, window, _scope_of(shown[0].model_id), None)


def list_versions(tx: Transaction, model_name: str | None, request: PageRequest) -> Page[VersionSummary]:
    """Versions that the query fits, of one model or of all.

    Raises:
        ModelNotFound: there is no such model.
        QuerySyntaxError, InvalidCursor, InvalidInput: the request.
    """
    expression = parse(request.q, Subject.VERSIONS)
    model_id = None if model_name is None else tx.models.get(model_name).id
    scope = _scope_of(model_id)
    window = window_of(request, VERSION_ORDER if model_id is None else VERSION_OF_MODEL_ORDER, scope)
    _require_words(window, expression)
    rows = tx.search.versions(expression, model_id, window)
    total = None
    if request.is_counted:
        total = tx.search.count_versions(expression, model_id, at_most=MAX_COUNT)
    page = page_of(rows, request, window, scope, total)
    if not request.is_highlighted:
        return page
    words = words_of(expression)
    cards = tx.search.cards([version.id for version in page.items]) if words else {}
    shown = [highlights_of_version(version, cards.get(version.id, ""), words) for version in page.items]
    return replace(page, highlights=shown)


def _scope_of(model_id: int | None) -> str:
    """What cursors belong to."""
    return f"versions/{model_id or ''}"


def _require_words(window: Window, expression: Expression) -> None:
    """Without words everything is equally relevant, which is no order that anybody meant."""
    if window.sort[0].field == RELEVANCE and not words_of(expression):
        message = "relevance is of words, and the query has none"
        raise InvalidInput(f"sort: {message}", errors=[FieldError(pointer="sort", message=message)])
