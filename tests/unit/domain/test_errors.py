import pytest

from modelyard.domain.errors import FieldError, InvalidCursor, InvalidInput, RegistryError


def family(root: type[RegistryError]) -> list[type[RegistryError]]:
    """An error and all that derive from it in the domain."""
    children = [child for child in root.__subclasses__() if child.__module__ == RegistryError.__module__]
    return [root, *(relative for child in children for relative in family(child))]


EVERY_ERROR = family(RegistryError)


def test_each_error_has_a_code_of_its_own() -> None:
    codes = [error.code for error in EVERY_ERROR]

    assert len(codes) == len(set(codes)) > 20


@pytest.mark.parametrize("error", EVERY_ERROR)
def test_an_error_is_told_by_its_class(error: type[RegistryError]) -> None:
    assert error.code == error.code.lower().replace("_", "-")
    assert error.title
    assert not error.title.endswith(".")
    assert error.__doc__


def test_an_error_tells_its_case() -> None:
    field = FieldError(pointer="/name", message="is taken")

    error = InvalidInput("the name is taken", hint="Choose another.", details={"name": "a"}, errors=[field])

    assert str(error) == error.message == "the name is taken"
    assert (error.hint, error.details, error.errors) == ("Choose another.", {"name": "a"}, (field,))


def test_an_error_without_a_hint_of_its_own_has_that_of_its_class() -> None:
    assert InvalidCursor("damaged").hint == InvalidCursor.default_hint != ""
    assert (InvalidInput("bad").hint, InvalidInput("bad").details, InvalidInput("bad").errors) == ("", {}, ())
