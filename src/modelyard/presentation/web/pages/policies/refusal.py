"""What becomes of a policy that was sent and not saved."""

from collections.abc import Mapping
from dataclasses import replace

from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.presentation.web.forms import FormView, refused


def refused_policy(fields: Mapping[str, str], error: RegistryError, tag: str) -> tuple[FormView, str]:
    """The form as it was sent, and the state that it is held against next: the one that its sender is told of."""
    sent = refused(fields, error)
    if not isinstance(error, PreconditionFailed):
        return sent, tag
    return replace(sent, hint="What you wrote is still here. Saving again replaces what they set."), str(
        error.details["tag"]
    )
