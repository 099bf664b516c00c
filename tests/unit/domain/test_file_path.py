import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelyard.domain.errors import InvalidInput
from modelyard.domain.file_path import check_distinct, check_file_path

RESERVED = {"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"} | {
    port + digit for port in ("COM", "LPT") for digit in "0123456789¹²³"
}
TELLING = ["/", ".", "..", " ", "\\", ":", "\0", "\n", "\u202e", "\ufeff", "CON", "aux", "COM¹", ".txt", "e\u0301", "a"]

texts = st.lists(st.sampled_from(TELLING) | st.characters() | st.text(max_size=8)).map("".join)
plain_parts = st.text("abcXYZ0189_-é猫ß", min_size=1, max_size=12).map(lambda text: unicodedata.normalize("NFC", text))
plain_paths = st.lists(plain_parts, min_size=1, max_size=4).map("/".join)


@pytest.mark.parametrize(
    "path",
    [
        "model.joblib",
        "weights/layer-0/kernel.bin",
        ".gitattributes",
        "a b/c d.txt",
        "猫/ñandú.bin",
        "config.json.bak",
        "console.log",
        "com10.txt",
        "auxiliary",
        "%2e%2e/%00",
        "a;b=c/d#e?f",
        "x" * 255,
        "/".join(["p" * 127] * 8),
    ],
)
def test_a_path_is_taken_as_it_is(path: str) -> None:
    assert check_file_path(path) == path


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("", "empty"),
        ("/etc/passwd", "relative"),
        ("a//b", "empty"),
        ("a/", "empty"),
        (".", "relative"),
        ("a/./b", "'.'"),
        ("../a", "'..'"),
        ("a/..", "'..'"),
        ("a\\b", "backslash"),
        ("C:/a", "colon"),
        ("a:stream", "colon"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\x7fb", "control"),
        ("\u202egpj.exe", "bidi"),
        ("a\u2066b", "bidi"),
        ("a\u200bb", "format"),
        ("a\u2028b", "control"),
        ("\ud800", "control"),
        ("CON", "Windows"),
        ("a/aux.txt", "Windows"),
        ("com¹", "Windows"),
        ("LPT9.tar.gz", "Windows"),
        ("nul .txt", "Windows"),
        ("conin$", "Windows"),
        ("a.", "dot or a space"),
        ("a /b", "dot or a space"),
        ("...", "dot or a space"),
        ("cafe\u0301", "NFC"),
        ("x" * 256, "255 bytes"),
        ("é" * 128, "255 bytes"),
        ("/".join(["x"] * 513), "1024 bytes"),
    ],
)
def test_a_path_is_refused_with_its_fault(path: str, fault: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_file_path(path, "/files/3/path")

    assert fault in " ".join(error.message for error in refusal.value.errors)
    assert {error.pointer for error in refusal.value.errors} == {"/files/3/path"}
    assert refusal.value.message.isprintable()


@given(texts)
@example("CON .txt")
def test_whatever_is_taken_is_safe_on_every_disk(path: str) -> None:
    try:
        check_file_path(path)
    except InvalidInput:
        return

    assert unicodedata.is_normalized("NFC", path)
    assert 1 <= len(path.encode()) <= 1024
    assert not {"\\", ":", "\0"} & set(path)
    assert {unicodedata.category(character) for character in path}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})
    for part in path.split("/"):
        assert part.rstrip(". ") == part != ""
        assert len(part.encode()) <= 255
        assert part.partition(".")[0].rstrip().upper() not in RESERVED


@given(plain_paths)
def test_paths_that_differ_by_letter_case_are_refused(path: str) -> None:
    for other in {path.swapcase(), path.upper(), path.lower(), path.casefold()} - {path}:
        with pytest.raises(InvalidInput):
            check_distinct([path, other])


@given(plain_paths, st.sampled_from(["NFD", "NFKC", "NFKD"]))
def test_paths_that_differ_by_normal_form_are_refused(path: str, form: str) -> None:
    accented = f"{path}\u00e9\ufb01"

    with pytest.raises(InvalidInput):
        check_distinct([accented, unicodedata.normalize(form, accented)])  # type: ignore[arg-type]


@given(plain_paths, plain_paths, st.booleans())
def test_a_file_is_no_folder_of_another(path: str, rest: str, comes_first: bool) -> None:
    pair = [path, f"{path.upper()}/{rest}"]

    with pytest.raises(InvalidInput) as refusal:
        check_distinct(["other.txt", *(pair if comes_first else reversed(pair))])

    assert refusal.value.errors[0].pointer == "/files"


@given(st.lists(plain_paths, unique_by=str.casefold, max_size=8))
def test_paths_in_folders_of_their_own_are_distinct(paths: list[str]) -> None:
    check_distinct([f"{place}/{path}" for place, path in enumerate(paths)])


def test_a_common_beginning_of_names_is_no_conflict() -> None:
    check_distinct(["a", "a.txt", "ab/c", "ab/d", "a-b/c"])


def test_the_same_path_twice_is_refused_with_both() -> None:
    with pytest.raises(InvalidInput, match=r"'Model\.bin' and 'model\.bin'"):
        check_distinct(["model.bin", "x", "Model.bin"])
