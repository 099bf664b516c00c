"""What people send by forms, and what is said beside a field that is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from modelyard.domain.errors import PreconditionFailed, RegistryError
from modelyard.presentation.http.error_map import STATUS


@dataclass(frozen=True, slots=True, kw_only=True)
class FormView:
    """A form as it was sent, for showing it again: what stood in each field, and what is wrong.

    `faults` are by field; `message` and `hint` are of the whole. Empty texts where nothing is wrong.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    hint: str = ""
    status: int = 200

    def value(self, name: str, otherwise: str = "") -> str:
        """What stands in a field."""
        return self.values.get(name, otherwise)

    def fault(self, name: str) -> str:
        """What is wrong with a field."""
        return self.faults.get(name, "")


EMPTY = FormView()


def refused(values: Mapping[str, str], error: RegistryError) -> FormView:
    """The form after the registry said no. A pointer such as `/tags/team` is a fault of the field `tags`."""
    faults: dict[str, str] = {}
    for each in error.errors:
        faults.setdefault(each.pointer.strip("/").partition("/")[0] or "form", each.message)
    message = "" if faults and faults.keys() <= values.keys() else error.message
    return FormView(values=values, faults=faults, message=message, hint=error.hint, status=STATUS[type(error)].value)


def refused_edit(values: Mapping[str, str], error: RegistryError) -> FormView:
    """The form after a change was refused: perhaps since somebody else has changed the same meanwhile."""
    sent = refused(values, error)
    if isinstance(error, PreconditionFailed):
        return replace(sent, hint="What you wrote is still here. Saving again replaces what they set.")
    return sent


def number_in(text: str, *, digits: int) -> int | None:
    """The whole number that a field holds, of so many digits at most; none where it holds something else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= digits else None


def local_target(target: str) -> str:
    """An address of this server to go on to; the home page in place of any other."""
    is_local = target.startswith("/") and target[1:2] not in {"/", "\\"} and target.isprintable()
    return target if is_local else "/"
