"""What the reader of a page may do to a model, so that the page offers that and nothing else."""

from dataclasses import dataclass

from fastapi import Request

from modelyard.application.ports.aliases import Alias
from modelyard.domain.lifecycle import Stage
from modelyard.domain.permission import Permission
from modelyard.presentation.http.access import may


@dataclass(frozen=True, slots=True, kw_only=True)
class Abilities:
    """Rights to one model. The routes ask for them again: what is not offered can still be sent."""

    promote: bool = True
    release: bool = True
    request: bool = True
    decide: bool = True
    edit: bool = True
    alias: bool = True
    alias_protected: bool = True
    delete: bool = True
    edit_model: bool = True
    rename: bool = True
    delete_model: bool = True
    force: bool = True

    def can_move(self, from_stage: Stage, to_stage: Stage) -> bool:
        """Whether the reader may take this step."""
        return self.promote and (self.release or Stage.PRODUCTION not in {from_stage, to_stage})

    def can_change(self, alias: Alias) -> bool:
        """Whether the reader may move this alias, take it away and change its protection."""
        return self.alias and (self.alias_protected or not alias.is_protected)


ALL = Abilities()


def abilities_of(request: Request, model: str) -> Abilities:
    """What this caller may do to this model."""
    return Abilities(
        promote=may(request, Permission.VERSIONS_PROMOTE, model),
        release=may(request, Permission.VERSIONS_RELEASE, model),
        request=may(request, Permission.APPROVALS_REQUEST, model),
        decide=may(request, Permission.APPROVALS_DECIDE, model),
        edit=may(request, Permission.VERSIONS_EDIT, model),
        alias=may(request, Permission.ALIASES_MOVE, model),
        alias_protected=may(request, Permission.ALIASES_PROTECTED, model),
        delete=may(request, Permission.VERSIONS_DELETE, model),
        edit_model=may(request, Permission.MODELS_EDIT, model),
        rename=may(request, Permission.MODELS_RENAME, model),
        delete_model=may(request, Permission.MODELS_DELETE, model),
        force=may(request, Permission.DELETIONS_FORCE, model),
    )
