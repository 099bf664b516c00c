"""What Hypothesis draws: text, JSON and drafts within the rules."""

import unicodedata
from typing import Literal

from hypothesis import strategies as st

from modelyard.domain.digest import digest_of
from modelyard.domain.json_value import MAX_INTEGER, JsonObject, JsonValue
from modelyard.domain.model_version import Content, File

INVISIBLE: tuple[Literal["Cc", "Cf", "Cs", "Zl", "Zp"], ...] = ("Cc", "Cf", "Cs", "Zl", "Zp")

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
"""Any text that the registry keeps."""

finite_floats = st.floats(allow_nan=False, allow_infinity=False)

_scalars = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | finite_floats | texts

json_values: st.SearchStrategy[JsonValue] = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4), max_leaves=8
)
json_objects: st.SearchStrategy[JsonObject] = st.dictionaries(texts, json_values, max_size=5)


def _is_name(text: str) -> bool:
    return text == text.strip() != "" and text not in {".", ".."} and not set("/\\:@?#%") & set(text)


names = (
    st.text(st.characters(exclude_categories=INVISIBLE), min_size=1, max_size=40)
    .map(lambda text: unicodedata.normalize("NFC", text))
    .filter(_is_name)
)
"""Names of models, keys, datasets: whatever the rules of names allow."""

tags = st.dictionaries(names, texts, max_size=4)


@st.composite
def file_tuples(draw: st.DrawFn, *, max_size: int = 5) -> tuple[File, ...]:
    """Files at distinct paths."""
    contents = draw(st.lists(st.binary(max_size=8), max_size=max_size))
    return tuple(
        File(
            path=f"{draw(st.sampled_from(['', 'weights/', 'é/']))}{place}.bin",
            digest=digest_of(content),
            size_bytes=len(content),
            media_type=draw(st.sampled_from(["application/octet-stream", "text/plain"])),
        )
        for place, content in enumerate(contents)
    )


@st.composite
def contents(draw: st.DrawFn) -> Content:
    """All of a version that never changes."""
    return Content(
        files=draw(file_tuples()),
        params=draw(st.dictionaries(names, json_values, max_size=4)),
        framework=draw(st.none() | st.fixed_dictionaries({"name": texts, "version": texts})),
        signature=draw(st.none() | json_objects),
        lineage=draw(st.none() | json_objects),
    )
