"""Changing what may change of a model: description and tags, and its name."""

from dataclasses import dataclass

from fastapi import Request, Response

from modelyard.application.services.catalog import read_model, rename_model, update_model
from modelyard.domain.errors import RegistryError
from modelyard.domain.json_value import JsonValue
from modelyard.domain.permission import Permission
from modelyard.domain.registered_model import RegisteredModel
from modelyard.presentation.api.addresses import ModelPath
from modelyard.presentation.api.models.schemas import ModelRename, ModelUpdate
from modelyard.presentation.http.access import require
from modelyard.presentation.http.context import context_of
from modelyard.presentation.http.form_body import read_form
from modelyard.presentation.http.validation import validated
from modelyard.presentation.web.abilities import Abilities, abilities_of
from modelyard.presentation.web.caller import actor_of
from modelyard.presentation.web.flash import done
from modelyard.presentation.web.forms import EMPTY, FormView, refused, refused_edit
from modelyard.presentation.web.links import model_link
from modelyard.presentation.web.page import page, page_router
from modelyard.presentation.web.pages.actions.tag_lines import tag_lines, tag_patch, tags_in
from modelyard.presentation.web.rendering import see_other, show

router = page_router()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEditView:
    """Two forms, with what stands there now; and where the model is deleted, for those who may.

    `tag` is the state that is edited: who saves another one later is told so.
    """

    name: str
    href: str
    rename_href: str
    delete_href: str
    tag: str
    description: str
    tags: str
    form: FormView
    renaming: FormView


@router.get("/models/{model}/edit", **page(Permission.MODELS_EDIT))
async def show_model_edit(request: Request, model: ModelPath) -> Response:
    """The forms."""
    return await _show(request, model)


@router.post("/models/{model}/edit", **page(Permission.MODELS_EDIT))
async def edit_model(request: Request, model: ModelPath) -> Response:
    """Save description and tags, unless somebody else has changed the model since the form was shown."""
    form, context = await read_form(request), context_of(request)
    held = await context.database.read(read_model, model)
    try:
        tags: dict[str, JsonValue] = {**tag_patch(held.tags, tags_in(form.get("tags", "")))}
        patch = validated(ModelUpdate, {"description": form.get("description", ""), "tags": tags}).patch()
        expected = frozenset({form.get("tag", "")})
        await context.database.write(update_model, actor_of(request), model, patch, expected, bounds=context.bounds)
    except RegistryError as error:
        return await _show(request, model, form=refused_edit(form, error))
    return see_other(request, model_link(model), done(f"{model} is saved."))


@router.post("/models/{model}/rename", **page(Permission.MODELS_RENAME))
async def rename(request: Request, model: ModelPath) -> Response:
    """Give the model another name, where the caller may have one of that name."""
    form = await read_form(request)
    try:
        name = validated(ModelRename, {"name": form.get("name", "").strip()}).name
        require(request, Permission.MODELS_CREATE, name)
        expected = frozenset({form.get("tag", "")})
        await context_of(request).database.sweep(rename_model, actor_of(request), model, name, expected)
    except RegistryError as error:
        return await _show(request, model, renaming=refused(form, error))
    return see_other(request, model_link(name), done(f"{model} is called {name} from now on."))


async def _show(request: Request, model: str, *, form: FormView = EMPTY, renaming: FormView = EMPTY) -> Response:
    held = await context_of(request).database.read(read_model, model)
    view = model_edit_view(held, abilities_of(request, model), form, renaming)
    return await show(request, "model_edit.html", view, max(form.status, renaming.status))


def model_edit_view(model: RegisteredModel, abilities: Abilities, form: FormView, renaming: FormView) -> ModelEditView:
    """The page, with one of the forms as it was sent where it was refused."""
    link = model_link(model.name)
    return ModelEditView(
        name=model.name,
        href=f"{link}/edit",
        rename_href=f"{link}/rename" if abilities.rename else "",
        delete_href=f"{link}/delete" if abilities.delete_model else "",
        tag=model.tag,
        description=model.description,
        tags=tag_lines(model.tags),
        form=form,
        renaming=renaming,
    )
