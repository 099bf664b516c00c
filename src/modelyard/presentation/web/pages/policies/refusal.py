"""What becomes of a policy that was sent and not saved."""

from collections.abc import Mapping

from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.presentation.web.forms import FormView, refused_edit


def refused_policy(fields: Mapping[str, str], error: RegistryError, tag: str) -> tuple[FormView, str]:
    """The form as it was sent, and the state that it is held against next: the one that its sender is told of."""
    held = str(error.details["tag"]) if isinstance(error, PreconditionFailed) else tag
    return refused_edit(fields, error), held
