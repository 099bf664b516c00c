"""A look into files."""

import json
import struct
from pathlib import Path

import httpx
import pytest

from tests.api.steps import add_version
from tests.web.pages import shown, text_of
from tests.web.scene import picture, tensors

FILES = {
    "config.json": b'{"trees":100,"depth":[1,2]}',
    "broken.json": b'{"trees":',
    "card.md": b"# Title\n\n<script>alert(1)</script> *well*",
    "table.csv": b"a,b\n1,<i>\n2\n",
    "semicolons.csv": b"a;b\n1;2\n",
    "notes.txt": "first — line\n<b>".encode(),
    "long.txt": b"x" * 70_000,
    "cut.txt": b"x" * 65_535 + "é".encode() + b"y" * 10,
    "latin.txt": "café".encode("latin-1"),
    "empty.txt": b"",
    "picture.png": picture(),
    "not-a-picture.png": b"<svg onload=alert(1)>",
    "model.safetensors": tensors(),
    "short.safetensors": b"abc",
    "huge.safetensors": struct.pack("<Q", 2**60) + b"{}",
    "list.safetensors": struct.pack("<Q", 2) + b"[]",
    "weights.bin": b"\0\1\2",
}


async def look(browser: httpx.AsyncClient, path: str) -> str:
    return shown(await browser.get(f"/models/churn/versions/1/files/{path}"))


@pytest.fixture
async def registered(api: httpx.AsyncClient) -> None:
    await add_version(api, files=FILES)


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("config.json", '{ "trees": 100, "depth": [ 1, 2 ] }'),
        ("broken.json", '{"trees": It is no JSON that can be read'),
        ("card.md", "Title <script>alert(1)</script> well"),
        ("table.csv", "a b 1 <i> 2"),
        ("semicolons.csv", "a b 1 2"),
        ("notes.txt", "first — line <b>"),
        ("long.txt", "These are the first 64 KiB."),
        ("cut.txt", "These are the first 64 KiB."),
        ("latin.txt", "It is no text in UTF-8."),
        ("empty.txt", "The file is empty"),
        ("not-a-picture.png", "It is no picture that can be shown"),
        ("model.safetensors", "encoder.weight F32 16 x 8 encoder.bias F32 16 2 tensors."),
        ("short.safetensors", "It is no file of safetensors."),
        ("huge.safetensors", "Its header is larger than 1 MiB."),
        ("list.safetensors", "its header is no object"),
        ("weights.bin", "Files of this kind cannot be looked at here."),
    ],
)
async def test_each_kind_is_shown_in_its_way(browser: httpx.AsyncClient, path: str, expected: str) -> None:
    page = await look(browser, path)
    assert expected in text_of(page)
    assert "<script>alert" not in page


@pytest.mark.usefixtures("registered")
async def test_pictures_are_shown_by_what_they_are(browser: httpx.AsyncClient) -> None:
    assert '<img src="data:image/png;base64,iVBORw0' in await look(browser, "picture.png")
    assert "<img" not in await look(browser, "not-a-picture.png")


@pytest.mark.usefixtures("registered")
async def test_a_file_is_found_by_every_reference(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/models/churn/versions/latest/files/config.json"))
    assert 'href="/api/v1/models/churn/versions/1/files/config.json"' in page
    shown(await browser.get("/models/churn/versions/1/files/none.json"), 404)


async def test_a_long_table_is_cut(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    rows = "".join(f"{number},{number * number}\n" for number in range(500))
    await add_version(
        api, files={"squares.csv": f"n,square\n{rows}".encode(), "deep.json": b"[" * 5_000 + b"]" * 5_000}
    )
    text = text_of(await look(browser, "squares.csv"))
    assert "99 9801 These are the first 100 rows." in text
    assert "It is no JSON that can be read" in text_of(await look(browser, "deep.json"))


async def test_large_pictures_and_many_tensors_are_bounded(browser: httpx.AsyncClient, api: httpx.AsyncClient) -> None:
    header = json.dumps({f"layer.{number}": {"dtype": "F32", "shape": [1]} for number in range(600)}).encode()
    files = {
        "large.png": picture() + bytes(3 * 1024**2),
        "many.safetensors": struct.pack("<Q", len(header)) + header,
    }
    await add_version(api, files=files)
    assert "Pictures of more than 2 MiB are not shown." in text_of(await look(browser, "large.png"))
    many = text_of(await look(browser, "many.safetensors"))
    assert "600 tensors, of which these are the first 500." in many
    assert "layer.500" not in many


@pytest.mark.usefixtures("registered")
async def test_what_the_store_has_lost_is_told_in_a_page(browser: httpx.AsyncClient, data_dir: Path) -> None:
    for file in (data_dir / "blobs").rglob("*"):
        if file.is_file():
            file.unlink()
    address = "/models/churn/versions/1/files/config.json"
    page = text_of(shown(await browser.get(address), 500))
    assert "Go to the home page Error 500, request" in page
    problem = await browser.get(address, headers={"Accept": "application/json"})
    assert problem.json()["type"] == "urn:modelyard:error:blob-lost"
