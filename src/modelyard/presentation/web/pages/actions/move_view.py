"""What the page of a step shows: what it would be held against, or why there is none."""

from dataclasses import dataclass, replace

from modelyard.application.services.promotion import Transition
from modelyard.application.surveys.inspecting import VersionState
from modelyard.domain.errors import TransitionRefused
from modelyard.domain.lifecycle import Stage
from modelyard.presentation.web.abilities import Abilities
from modelyard.presentation.web.forms import FormView
from modelyard.presentation.web.links import model_link, version_link
from modelyard.presentation.web.pages.version.head import HeadView, bare_head_view
from modelyard.presentation.web.views.checklist import ChecklistView, checklist_view


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveView:
    """The page. `refusal` says why there is no such step; then there is no checklist."""

    head: HeadView
    from_stage: str
    to_stage: str
    href: str
    ask_href: str
    checklist: ChecklistView | None
    replaced: tuple[int, ...]
    refusal: str
    hint: str
    can_move: bool
    can_ask: bool
    form: FormView


def move_view(
    state: VersionState, planned: Transition | TransitionRefused, to: Stage, abilities: Abilities, form: FormView
) -> MoveView:
    """The page for a step, or for none."""
    version = state.version
    view = MoveView(
        head=bare_head_view(state),
        from_stage=version.stage.value,
        to_stage=to.value,
        href=version_link(version.model, version.number, "move"),
        ask_href=f"{model_link(version.model)}/requests",
        checklist=None,
        replaced=(),
        refusal="",
        hint="",
        can_move=False,
        can_ask=False,
        form=form,
    )
    if isinstance(planned, TransitionRefused):
        return replace(view, refusal=planned.message, hint=planned.hint)
    checklist = planned.checklist
    return replace(
        view,
        checklist=checklist_view(checklist),
        replaced=tuple(planned.archived),
        can_move=checklist.is_passed and abilities.can_move(version.stage, to),
        can_ask=checklist.request is None and abilities.request,
    )
