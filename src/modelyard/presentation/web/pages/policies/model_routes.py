"""The pages of the policy that holds for a model."""

from typing import Annotated

from fastapi import Query, Request, Response

from modelyard.application.services import governing
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.http.access import may
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY
from modelyard.presentation.web.links import model_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.policies.policy_form import MORE, form_of, sent_form
from modelyard.presentation.web.pages.policies.refusal import refused_policy
from modelyard.presentation.web.pages.policies.view import model_policy_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()


@router.get("/policies/model", **page(Permission.MODELS_READ))
async def find_model_policy(request: Request, model: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Go on to the policy of a model, by its name."""
    return see_other(request, f"{model_link(model.strip())}/policy" if model.strip() else "/policies")


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
            sent, _ = refused_policy(fields, error, "")
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
