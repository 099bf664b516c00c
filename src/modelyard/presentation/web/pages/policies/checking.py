"""Checking an expression while somebody types it."""

from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.domain.gates.parser import MAX_CHARACTERS
from modelyard.domain.permission import Permission
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.policies.condition_check import check_condition
from modelyard.presentation.web.rendering import show

router = page_router()


@router.get("/policies/check", **page(Permission.MODELS_READ))
async def check_expression(
    request: Request, expression: Annotated[str, Query(max_length=MAX_CHARACTERS + 1)] = ""
) -> Response:
    """What is wrong with an expression, for the script that asks while one types."""
    return await show(request, "condition_check.html", check_condition(expression))
