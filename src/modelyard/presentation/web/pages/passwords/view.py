"""What the page of one's own password shows."""

from dataclasses import dataclass

from modelyard.domain.access.password import MAX_PASSWORD, MIN_PASSWORD
from modelyard.presentation.web.forms import FormView

RULE = f"{MIN_PASSWORD} to {MAX_PASSWORD:,} characters, five different ones among them, and not the account's name."


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordView:
    """Whose it is, whether there is one to be asked for, and the form, which never holds what was typed."""

    account: str
    has_one: bool
    form: FormView
    rule: str = RULE
