"""What the page of programs that show a code shows."""

from dataclasses import dataclass

from modelyard.domain.access.device import DeviceSignIn
from modelyard.domain.access.token import Scope
from modelyard.presentation.web.forms import EMPTY, FormView
from modelyard.presentation.web.pages.admin.view import SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceView:
    """The code as it was typed, and what the program asks for; without one, empty."""

    code: str = ""
    client: str = ""
    scopes: tuple[tuple[str, str], ...] = ()
    form: FormView = EMPTY


def device_view(code: str, asked: DeviceSignIn) -> DeviceView:
    """What somebody is about to allow."""
    wanted = frozenset(map(str, asked.draft.scopes))
    has_all = Scope.ADMIN in asked.draft.scopes
    return DeviceView(
        code=code,
        client=asked.draft.client,
        scopes=tuple(
            (scope, told) for scope, told in SCOPES if scope in wanted and (not has_all or scope == Scope.ADMIN)
        ),
    )
