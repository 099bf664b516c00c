"""The page of a model."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import BaseModel, ConfigDict

from modelyard.application.queries.page import PageRequest
from modelyard.application.surveys.describing import describe_model
from modelyard.domain.metric import MetricKey
from modelyard.domain.model_version import VersionSummary
from modelyard.domain.permission import Permission
from modelyard.domain.query.values import metric_key
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.http.access import visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.abilities import abilities_of
from modelyard.presentation.web.markdown import card_html
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.model.address import ModelState, columns_in
from modelyard.presentation.web.pages.model.table import metric_names
from modelyard.presentation.web.pages.model.view import model_view
from modelyard.presentation.web.rendering import show

router = page_router()

_ROWS = 25


class ModelAddress(BaseModel):
    """The whole state of the page."""

    model_config = ConfigDict(extra="forbid")

    sort: str = ""
    cursor: str = ""
    metric: str = ""
    columns: str = ""

    def state(self) -> ModelState:
        """It, for the view.

        Raises:
            InvalidInput: the columns.
        """
        return ModelState(sort=self.sort, cursor=self.cursor, metric=self.metric, columns=columns_in(self.columns))


@router.get("/models/{model}", **page(Permission.MODELS_READ))
async def show_model(request: Request, model: ModelPath, address: Annotated[ModelAddress, Query()]) -> Response:
    """What it is for, its versions, how they did, and what happened."""
    state = address.state()

    def choose(versions: Sequence[VersionSummary]) -> MetricKey | None:
        names = [state.metric] if state.metric else metric_names(tuple(versions))
        return metric_key(names[0]) if names else None

    wanted = PageRequest(sort=state.sort, limit=_ROWS, cursor=state.cursor or None)
    database = context_of(request).database
    described = await database.scan(describe_model, model, visibility_of(request), wanted, choose)
    view = model_view(described, state, abilities_of(request, model), await card_html(described.card))
    return await show(request, "model.html", view)
