"""Whether an expression is a condition, told beside it."""

from dataclasses import dataclass

from modelyard.domain.errors import QuerySyntaxError
from modelyard.domain.gates.parser import parse_condition


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionCheck:
    """What is wrong, and where: the text before that place, and from it on. Empty where there is no expression."""

    is_sound: bool = False
    message: str = ""
    hint: str = ""
    before: str = ""
    after: str = ""


NOTHING = ConditionCheck()


def check_condition(text: str) -> ConditionCheck:
    """Read an expression as a gate would."""
    if not text.strip():
        return NOTHING
    try:
        parse_condition(text)
    except QuerySyntaxError as error:
        place = error.details.get("position", 0)
        position = place if isinstance(place, int) else 0
        message = error.message[:1].upper() + error.message[1:]
        return ConditionCheck(message=message, hint=error.hint, before=text[:position], after=text[position:])
    return ConditionCheck(is_sound=True)
