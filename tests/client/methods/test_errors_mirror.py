"""The client's errors are those of the registry: by name, code and place in the tree."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import modelyard.domain
from modelyard.client import access_refusals, errors, failures, refusals, token_refusals
from modelyard.client.answers import Answer, refusal_of
from modelyard.domain.errors import RegistryError

for _module in pkgutil.iter_modules(modelyard.domain.__path__):
    importlib.import_module(f"modelyard.domain.{_module.name}")


def kinds_below(parent: type[RegistryError]) -> Iterator[type[RegistryError]]:
    for child in parent.__subclasses__():
        if child.__module__.startswith("modelyard.domain."):
            yield child
            yield from kinds_below(child)


KINDS = sorted(kinds_below(RegistryError), key=lambda kind: kind.__name__)
OURS = {
    name: kind
    for name, kind in {**vars(refusals), **vars(access_refusals), **vars(token_refusals)}.items()
    if isinstance(kind, type) and issubclass(kind, failures.RegistryError) and kind is not failures.RegistryError
}


def parents_of(kind: type[Exception]) -> list[str]:
    return [parent.__name__ for parent in kind.__bases__]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_error_of_the_registry_has_its_mirror(kind: type[RegistryError]) -> None:
    ours = OURS[kind.__name__]
    assert (ours.code, parents_of(ours)) == (kind.code, parents_of(kind))


def test_the_client_has_no_other_refusals() -> None:
    assert OURS.keys() == {kind.__name__ for kind in KINDS}
    assert len(KINDS) > 40


def test_all_errors_can_be_had_from_one_place() -> None:
    own = {
        name
        for name, kind in vars(failures).items()
        if isinstance(kind, type) and issubclass(kind, failures.ModelyardError)
    }
    assert OURS.keys() | own <= set(errors.__all__)
    assert all(hasattr(errors, name) for name in errors.__all__)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_answer_becomes_the_error_that_it_is(kind: type[RegistryError]) -> None:
    body = f'{{"type": "urn:modelyard:error:{kind.code}", "title": "t", "status": 409, "detail": "d", "more": 1}}'
    made = refusal_of(Answer(status=409, headers={"x-request-id": "r"}, body=body.encode()))
    assert type(made) is OURS[kind.__name__]
    assert (made.message, made.details, made.request_id, made.status) == ("d", {"more": 1}, "r", 409)
