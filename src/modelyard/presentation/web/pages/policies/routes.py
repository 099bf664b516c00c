"""The pages of policies."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.policies import StoredPolicy
from modelyard.application.services import governing
from modelyard.application.services.precondition import ABSENT
from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.domain.gates.parser import MAX_CHARACTERS
from modelyard.domain.permission import Permission
from modelyard.domain.policy import check_pattern
from modelyard.presentation.api.addresses import ModelPath, PatternPath
from modelyard.presentation.http.access import denied, may, visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.web.caller import actor_of, may_anywhere
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, read_form, refused
from modelyard.presentation.web.links import model_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.policies.condition_check import check_condition
from modelyard.presentation.web.pages.policies.policy_form import form_of, sent_form
from modelyard.presentation.web.pages.policies.view import (
    default_form,
    model_policy_view,
    pattern_view,
    policies_view,
)
from modelyard.presentation.web.rendering import see_other, show

router = page_router()

MORE = "more"
"""The button that adds a row where no script does."""


@router.get("/policies", **page(Permission.MODELS_READ))
async def show_policies(request: Request) -> Response:
    """The policies of globs, and the way to that of a model."""
    stored, now = await context_of(request).database.read(_list)
    seen = [each for each in stored if visibility_of(request).touches(each.pattern or "")]
    view = policies_view(seen, may_edit=may_anywhere(request, Permission.POLICIES_EDIT), now=now)
    return await show(request, "policies.html", view)


@router.get("/policies/new", **page(Permission.POLICIES_EDIT))
async def show_new_policy(request: Request) -> Response:
    """The editor, empty."""
    view = pattern_view("", default_form(), tag="", may_edit=True)
    return await show(request, "policy.html", view)


@router.get("/policies/model", **page(Permission.MODELS_READ))
async def find_model_policy(request: Request, model: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Go on to the policy of a model, by its name."""
    return see_other(request, f"{model_link(model.strip())}/policy" if model.strip() else "/policies")


@router.get("/policies/check", **page(Permission.MODELS_READ))
async def check_expression(
    request: Request, expression: Annotated[str, Query(max_length=MAX_CHARACTERS + 1)] = ""
) -> Response:
    """What is wrong with an expression, for the script that asks while one types."""
    return await show(request, "condition_check.html", check_condition(expression))


@router.get("/policies/{pattern}", **page(Permission.MODELS_READ))
async def show_policy(request: Request, pattern: PatternPath) -> Response:
    """The policy of a glob, in its editor where one may change it."""
    if not visibility_of(request).touches(pattern):
        raise governing.no_policy(pattern)
    held = await context_of(request).database.read(governing.read_pattern_policy, pattern)
    may_edit = may(request, Permission.POLICIES_EDIT, pattern)
    view = pattern_view(pattern, form_of(held.policy), tag=held.tag, may_edit=may_edit)
    return await show(request, "policy.html", view)


@router.post("/policies", **page(Permission.POLICIES_EDIT))
async def save_policy(request: Request) -> Response:
    """Set the policy of a glob; or show the form again, with what is wrong or with one more row."""
    fields = await read_form(request)
    pattern, tag, form = fields.get("name", "").strip(), fields.get("tag", ""), sent_form(fields)
    sent = EMPTY
    if MORE not in fields:
        try:
            check_pattern(pattern)
            if not may(request, Permission.POLICIES_EDIT, pattern):
                raise denied(Permission.POLICIES_EDIT)
            await context_of(request).database.write(
                governing.set_pattern_policy,
                actor_of(request),
                pattern,
                form.policy(),
                frozenset({tag} if tag else {ABSENT}),
            )
            return see_other(request, "/policies", done(f"The policy of {pattern} is set."))
        except RegistryError as error:
            sent, tag = _refused(fields, error, tag)
    view = pattern_view(pattern, form, sent, tag=tag, may_edit=True, extra_rows=MORE in fields)
    return await show(request, "policy.html", view, sent.status)


@router.post("/policies/{pattern}/delete", **page(Permission.POLICIES_EDIT))
async def remove_policy(request: Request, pattern: PatternPath) -> Response:
    """Take the policy of a glob away."""
    fields = await read_form(request)
    if not may(request, Permission.POLICIES_EDIT, pattern):
        raise denied(Permission.POLICIES_EDIT)
    await context_of(request).database.write(
        governing.delete_pattern_policy, actor_of(request), pattern, frozenset({fields.get("tag", "")})
    )
    return see_other(request, "/policies", done(f"The policy of {pattern} is removed."))


@router.get("/models/{model}/policy", **page(Permission.MODELS_READ))
async def show_model_policy(request: Request, model: ModelPath) -> Response:
    """The policy that holds for a model, and why; in the editor of its own where one may change it."""
    held = await context_of(request).database.read(governing.read_governing, model)
    may_edit = may(request, Permission.POLICIES_EDIT, model)
    return await show(request, "policy.html", model_policy_view(model, held, form_of(held.policy), may_edit=may_edit))


@router.post("/models/{model}/policy", **page(Permission.POLICIES_EDIT))
async def save_model_policy(request: Request, model: ModelPath) -> Response:
    """Give a model its own policy; or show the form again, with what is wrong or with one more row."""
    fields = await read_form(request)
    form, sent = sent_form(fields), EMPTY
    if MORE not in fields:
        try:
            await context_of(request).database.write(
                governing.set_model_policy, actor_of(request), model, form.policy(), frozenset({fields.get("tag", "")})
            )
            return see_other(request, f"{model_link(model)}/policy", done(f"{model} has this policy now."))
        except RegistryError as error:
            sent, _ = _refused(fields, error, "")
    held = await context_of(request).database.read(governing.read_governing, model)
    view = model_policy_view(model, held, form, sent, may_edit=True, extra_rows=MORE in fields)
    return await show(request, "policy.html", view, sent.status)


@router.post("/models/{model}/policy/delete", **page(Permission.POLICIES_EDIT))
async def remove_model_policy(request: Request, model: ModelPath) -> Response:
    """Take a model's own policy away."""
    fields = await read_form(request)
    await context_of(request).database.write(
        governing.delete_model_policy, actor_of(request), model, frozenset({fields.get("tag", "")})
    )
    return see_other(request, f"{model_link(model)}/policy", done(f"{model} has no policy of its own any more."))


def _list(tx: Transaction) -> tuple[Sequence[StoredPolicy], datetime]:
    return governing.list_pattern_policies(tx), tx.now


def _refused(fields: Mapping[str, str], error: RegistryError, tag: str) -> tuple[FormView, str]:
    """The form as it was sent, and the state that it is held against next: the one that its sender is told of."""
    sent = refused(fields, error)
    if not isinstance(error, PreconditionFailed):
        return sent, tag
    return replace(sent, hint="What you wrote is still here. Saving again replaces what they set."), str(
        error.details["tag"]
    )
