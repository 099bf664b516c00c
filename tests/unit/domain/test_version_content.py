import hashlib
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

import pytest
import rfc8785
from hypothesis import assume, given
from hypothesis import strategies as st

from modelyard.domain.digest import digest_of
from modelyard.domain.errors import InvalidInput
from modelyard.domain.model_version import Content, File, seal
from tests.strategies import contents

FILE = File(path="model.bin", digest=digest_of(b"model"), size_bytes=5)
CONTENT = Content(
    files=(FILE, File(path="card.md", digest=digest_of(b"card"), size_bytes=4, media_type="text/markdown")),
    params={"depth": 6, "rate": 0.1},
    framework={"name": "scikit-learn", "version": "1.9.1"},
    signature={"inputs": [{"name": "age", "dtype": "float64", "shape": [-1]}]},
    lineage={"git": {"commit": "abc"}},
)
PINNED = "sha256:6a7f5db94379afba0835a284bd98f5ba4bfd3509d4593a577c39d080ae414155"


def digest(content: Content) -> str:
    return seal(content.canonical_parts())


def manifest(content: Content) -> dict[str, Any]:
    """The whole manifest, put together from the definition."""
    files = [
        {"path": file.path, "digest": str(file.digest), "size_bytes": file.size_bytes, "media_type": file.media_type}
        for file in sorted(content.files, key=lambda file: file.path)
    ]
    parts = {name: getattr(content, name) for name in ("params", "framework", "signature", "lineage")}
    return {"files": files, **parts}


def reordered(value: object) -> object:
    """The same JSON with the keys of all objects the other way round."""
    if isinstance(value, dict):
        return {key: reordered(value[key]) for key in reversed(value)}
    return [reordered(item) for item in value] if isinstance(value, list) else value


@given(contents())
def test_the_digest_is_the_sha256_of_the_canonical_manifest(content: Content) -> None:
    assert digest(content) == "sha256:" + hashlib.sha256(rfc8785.dumps(manifest(content))).hexdigest()


@given(contents(), st.randoms())
def test_the_digest_does_not_depend_on_any_order(content: Content, random: Random) -> None:
    files = list(content.files)
    random.shuffle(files)
    parts: dict[str, Any] = {
        name: reordered(getattr(content, name)) for name in ("params", "framework", "signature", "lineage")
    }

    assert digest(Content(files=tuple(files), **parts)) == digest(content)


@given(contents(), contents())
def test_other_contents_have_other_digests(one: Content, other: Content) -> None:
    assume(rfc8785.dumps(manifest(one)) != rfc8785.dumps(manifest(other)))

    assert digest(one) != digest(other)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"files": CONTENT.files[:1]}, id="a file less"),
        pytest.param({"files": (replace(FILE, path="Model.bin"), CONTENT.files[1])}, id="path"),
        pytest.param({"files": (replace(FILE, digest=digest_of(b"x")), CONTENT.files[1])}, id="bytes"),
        pytest.param({"files": (replace(FILE, size_bytes=6), CONTENT.files[1])}, id="size"),
        pytest.param({"files": (replace(FILE, media_type="text/plain"), CONTENT.files[1])}, id="media type"),
        pytest.param({"params": {"depth": 7, "rate": 0.1}}, id="parameter"),
        pytest.param({"params": {"depth": "6", "rate": 0.1}}, id="type of a parameter"),
        pytest.param({"params": {"depth": 6}}, id="a parameter less"),
        pytest.param({"framework": {"name": "scikit-learn", "version": "1.9.2"}}, id="framework"),
        pytest.param({"framework": None}, id="no framework"),
        pytest.param({"signature": {"inputs": []}}, id="signature"),
        pytest.param({"lineage": {"git": {"commit": "abd"}}}, id="lineage"),
        pytest.param({"lineage": {}}, id="empty lineage"),
        pytest.param({"params": CONTENT.lineage, "lineage": CONTENT.params}, id="parts exchanged"),
    ],
)
def test_any_change_of_content_changes_the_digest(changed: dict[str, Any]) -> None:
    assert digest(replace(CONTENT, **changed)) != digest(CONTENT)


def test_the_digest_never_changes_between_releases() -> None:
    assert digest(CONTENT) == PINNED


def test_the_size_is_that_of_all_files_as_they_would_be_downloaded() -> None:
    assert replace(CONTENT, files=(FILE, replace(FILE, path="copy.bin"))).size_bytes == 10
    assert Content().size_bytes == 0


def of_files(*paths: str) -> Callable[[], Content]:
    return lambda: Content(files=tuple(replace(FILE, path=path) for path in paths))


TEXT_OF_256_KIB = "x" * (256 * 1024 - len('{"a":""}'))


def test_content_may_be_as_large_as_its_bounds() -> None:
    content = Content(
        files=tuple(replace(FILE, path=f"{place}.bin") for place in range(20_000)),
        params={str(place): place for place in range(2_000)},
        signature={"a": TEXT_OF_256_KIB},
        lineage={"a": TEXT_OF_256_KIB},
    )

    assert content.size_bytes == 100_000


@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        pytest.param(of_files(*(f"{place}.bin" for place in range(20_001))), "/files", id="too many files"),
        pytest.param(of_files("a", "b/../c"), "/files/1/path", id="a path against the rules"),
        pytest.param(of_files("a.bin", "A.bin"), "/files", id="paths that meet"),
        pytest.param(of_files("a", "a/b"), "/files", id="a file as a folder"),
        pytest.param(
            lambda: Content(params={str(place): 0 for place in range(2_001)}), "/params", id="many parameters"
        ),
        pytest.param(lambda: Content(params={" a": 0}), "/params", id="a key against the rules"),
        pytest.param(lambda: Content(params={"a": f"{TEXT_OF_256_KIB}x"}), "/params", id="large parameters"),
        pytest.param(lambda: Content(signature={"a": f"{TEXT_OF_256_KIB}x"}), "/signature", id="large signature"),
        pytest.param(lambda: Content(lineage={"a": f"{TEXT_OF_256_KIB}x"}), "/lineage", id="large lineage"),
    ],
)
def test_content_against_the_rules_is_refused_with_the_place(make: Callable[[], Content], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        make()

    assert {error.pointer for error in refusal.value.errors} == {pointer}
