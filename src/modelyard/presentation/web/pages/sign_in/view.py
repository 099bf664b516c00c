"""What the page of signing in shows."""

from dataclasses import dataclass

from modelyard.presentation.web.forms import EMPTY, FormView


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInView:
    """Where to go on to afterwards, and the form as it was sent. Without a provider its label is empty."""

    target: str
    form: FormView = EMPTY
    provider: str = ""
    provider_address: str = ""
