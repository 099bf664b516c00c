"""The pages of the policies of globs."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import Request, Response

from modelyard.application.ports.database import Transaction
from modelyard.application.ports.policies import StoredPolicy
from modelyard.application.services import governing
from modelyard.application.services.precondition import ABSENT
from modelyard.domain.errors import RegistryError
from modelyard.domain.permission import Permission
from modelyard.domain.policy import check_pattern
from modelyard.presentation.api.addresses import PatternPath
from modelyard.presentation.http.access import denied, may, visibility_of
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.web.caller import actor_of, may_anywhere
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.policies.policy_form import MORE, form_of, sent_form
from modelyard.presentation.web.pages.policies.refusal import refused_policy
from modelyard.presentation.web.pages.policies.view import default_form, pattern_view, policies_view
from modelyard.presentation.web.rendering import see_other, show

router = page_router()


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
            sent, tag = refused_policy(fields, error, tag)
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


def _list(tx: Transaction) -> tuple[Sequence[StoredPolicy], datetime]:
    return governing.list_pattern_policies(tx), tx.now
