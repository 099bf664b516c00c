"""Which field a name in a query means."""

from lark import Token

from modelyard.domain.errors import InvalidInput, QuerySyntaxError
from modelyard.domain.metric import check_metric
from modelyard.domain.query.bounds import start_of
from modelyard.domain.query.characters import unquoted
from modelyard.domain.query.fields import FieldSpec, Subject, fields_of, find_field, nearest_field
from modelyard.domain.query.refusals import one_of, shown, syntax_error
from modelyard.domain.query.syntax import Field
from modelyard.domain.query.values import metric_key


def named(token: Token, subject: Subject) -> tuple[FieldSpec, Field]:
    """The field that a token names; the end of its key may stand in quotes.

    Raises:
        QuerySyntaxError: there is no such field, it belongs to another subject, or it lacks its key or has one.
    """
    position = start_of(token)
    root, dot, rest = token.value.partition(".")
    spec = find_field(root)
    if spec is None:
        raise _unknown(root, rest, position, subject)
    if subject not in spec.subjects:
        raise _elsewhere(spec, position, subject)
    key = _key(rest, position + len(token.value))
    if spec.is_keyed and not key:
        message = f"The field {root} needs a key"
        raise syntax_error(message, position, hint=f"Write {spec.pattern}:value.", expected=[spec.pattern])
    if dot and not spec.is_keyed:
        hint = f"Write {root}:value."
        raise syntax_error(f"The field {root} takes no key", position + len(root), hint=hint, expected=['":"'])
    if spec.name == "metric":
        _check_metric(key, position + len(root) + 1)
    return spec, Field(root, key if spec.is_keyed else None)


def _key(rest: str, end: int) -> str:
    bare, quote, _ = rest.partition('"')
    return bare + (unquoted(rest[len(bare) :], end - len(rest) + len(bare)) if quote else "")


def _check_metric(key: str, position: int) -> None:
    """No metric has a name outside the rules, so a search for one is a mistake worth telling."""
    try:
        check_metric(metric_key(key), 0, 0.0, "")
    except InvalidInput as error:
        message = f"{shown(key)} is no name of a metric"
        hint = "Write metric.<name>, metric.<name>@<dataset> or metric.<name>@<dataset>/<slice>."
        raise syntax_error(message, position, hint=hint) from error


def _unknown(root: str, key: str, position: int, subject: Subject) -> QuerySyntaxError:
    nearest = nearest_field(root, subject)
    hint = "Put text that holds a sign of the language in quotes to search for it."
    if nearest:
        meant = f"{nearest.name}.{key}" if nearest.is_keyed and key else nearest.pattern
        hint = f"Did you mean {shown(meant)}? {hint}"
    return syntax_error(
        f"{subject.capitalize()} have no field {shown(root)}",
        position,
        hint=hint,
        expected=_patterns(subject),
        suggestion=nearest.name if nearest else None,
    )


def _elsewhere(spec: FieldSpec, position: int, subject: Subject) -> QuerySyntaxError:
    owners = " and ".join(spec.subjects)
    message = f"The field {spec.pattern} belongs to {owners}, and this is a search of {subject}"
    hint = f"Search {owners} for it, or use a field that {subject} have: {one_of(_patterns(subject))}."
    return syntax_error(message, position, hint=hint, expected=_patterns(subject))


def _patterns(subject: Subject) -> list[str]:
    return [spec.pattern for spec in fields_of(subject)]
