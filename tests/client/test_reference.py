import pytest

from modelyard.client.failures import BadReference
from modelyard.client.reference import Reference, parse_reference


@pytest.mark.parametrize(
    ("text", "reference", "path"),
    [
        ("churn:7", Reference("churn", "7"), "/models/churn/versions/7"),
        ("churn:production", Reference("churn", "production"), "/models/churn/versions/production"),
        ("churn@champion", Reference("churn", "@champion"), "/models/churn/versions/@champion"),
        ("kündigung 2:latest", Reference("kündigung 2", "latest"), "/models/k%C3%BCndigung%202/versions/latest"),
    ],
)
def test_references_name_versions(text: str, reference: Reference, path: str) -> None:
    assert parse_reference(text) == reference
    assert reference.path == path
    assert str(reference) == text


def test_a_model_alone_means_what_the_caller_says() -> None:
    assert parse_reference("churn", "latest") == Reference("churn", "latest")


@pytest.mark.parametrize("text", ["", "churn", ":7", "churn:", "@champion", "churn@"])
def test_what_names_no_version_is_refused_with_the_ways_to_write_one(text: str) -> None:
    with pytest.raises(BadReference, match="model:7, model:production"):
        parse_reference(text)
