"""Registering by drag and drop: files are hashed, sent, and go on where they were."""

import hashlib
import random
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.web.browser.visitor import Visitor

PIECE = 8 * 1024 * 1024
DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, text } of files) transfer.items.add(new File([text], name, { type: "text/plain" }));
  return transfer;
}"""


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def drop(page: Page, **files: str) -> None:
    """What the browser does when somebody lets go of files over the field."""
    transfer = page.evaluate_handle(DROP, [{"name": name, "text": text} for name, text in files.items()])
    page.dispatch_event("[data-drop]", "dragover", {"dataTransfer": transfer})
    expect(page.locator("[data-drop].is-over")).to_have_count(1)
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": transfer})
    expect(page.locator("[data-drop].is-over")).to_have_count(0)


def files_of(page: Page, address: str) -> dict[str, str]:
    version = page.request.get(f"/api/v1{address}").json()
    return {file["path"]: file["digest"] for file in version["files"]}


@pytest.fixture
def large(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A file of three pieces, which no other test has sent."""
    path = tmp_path / "weights.bin"
    path.write_bytes(random.Random(request.node.name).randbytes(2 * PIECE + 12_345))
    return path


def test_files_are_dropped_checked_and_registered(visitor: Visitor) -> None:
    page = visitor.page
    visitor.sign("zo\u00eb")
    page.goto("/register")
    page.get_by_label("Model", exact=True).fill("dropped")
    drop(page, **{"a.txt": "abc", "empty.txt": "", "long.txt": "x" * 200_001, "over.txt": "left out"})
    expect(page.get_by_role("status").filter(has_text="4 files")).to_be_visible()
    page.get_by_role("button", name="Leave out over.txt").click()
    page.get_by_label("Metrics").fill("auc@holdout: 0.93")
    page.get_by_label("Tags").fill("team: risk")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("dropped:1 is registered.")).to_be_visible()
    assert files_of(page, "/models/dropped/versions/1") == {
        "a.txt": digest_of(b"abc"),
        "empty.txt": digest_of(b""),
        "long.txt": digest_of(b"x" * 200_001),
    }
    version = page.request.get("/api/v1/models/dropped/versions/1").json()
    assert (version["metrics"], version["tags"]) == ({"auc@holdout": 0.93}, {"team": "risk"})
    assert version["created_by"] == "zo\u00eb"


def test_a_folder_keeps_its_paths_and_known_files_are_not_sent_again(visitor: Visitor, tmp_path: Path) -> None:
    page = visitor.page
    folder = tmp_path / "model"
    (folder / "config").mkdir(parents=True)
    (folder / "weights.bin").write_bytes(b"weights of a folder")
    (folder / "config" / "run.json").write_text("{}")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    for number, expected in ((1, 2), (2, 0)):
        sent.clear()
        page.goto("/register?model=folder")
        page.locator("#field-folder").set_input_files(folder)
        page.get_by_role("button", name="Register").click()
        expect(page.get_by_text(f"folder:{number} is registered.")).to_be_visible()
        assert set(files_of(page, f"/models/folder/versions/{number}")) == {"weights.bin", "config/run.json"}
        assert len(sent) == expected


def test_a_large_file_goes_on_after_the_connection_breaks_off(visitor: Visitor, large: Path) -> None:
    page = visitor.page
    visitor.refusals = ("ERR",)
    broken: list[str] = []

    def break_once(route: Route) -> None:
        offset = route.request.headers["upload-offset"]
        if offset == str(PIECE) and not broken:
            broken.append(offset)
            route.abort()
        else:
            route.continue_()

    page.route(
        "**/api/v1/uploads/*", lambda route: break_once(route) if route.request.method == "PATCH" else route.continue_()
    )
    page.goto("/register?model=large")
    page.locator("#field-file").set_input_files(large)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("large:1 is registered.")).to_be_visible(timeout=20_000)
    assert broken == [str(PIECE)]
    assert files_of(page, "/models/large/versions/1") == {"weights.bin": digest_of(large.read_bytes())}
    visitor.faults = [fault for fault in visitor.faults if "ERR_FAILED" not in fault]


def choose(page: Page, file: Path) -> None:
    page.goto("/register?model=stopped")
    page.locator("#field-file").set_input_files(file)
    page.get_by_role("button", name="Register").click()


def test_what_was_stopped_goes_on_when_the_page_is_opened_again(visitor: Visitor, large: Path) -> None:
    page = visitor.page
    offsets: list[str] = []
    begun: list[str] = []
    page.on("request", lambda request: begun.append(request.url) if request.url.endswith("/uploads") else None)

    def hold_the_second(route: Route) -> None:
        offsets.append(route.request.headers["upload-offset"])
        if offsets == ["0"] or len(offsets) > 2:
            route.continue_()

    page.route(
        "**/api/v1/uploads/*",
        lambda route: hold_the_second(route) if route.request.method == "PATCH" else route.continue_(),
    )
    with page.expect_request(lambda request: request.headers.get("upload-offset") == str(PIECE)):
        choose(page, large)
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped. What arrived stays")).to_be_visible()
    assert offsets == ["0", str(PIECE)]
    choose(page, large)
    expect(page.get_by_text("stopped:1 is registered.")).to_be_visible(timeout=20_000)
    assert len(begun) == 1
    assert offsets[-2:] == [str(PIECE), str(2 * PIECE)]
    assert files_of(page, "/models/stopped/versions/1") == {"weights.bin": digest_of(large.read_bytes())}


def test_what_the_server_refuses_is_told_and_the_files_stay(visitor: Visitor) -> None:
    page = visitor.page
    visitor.refusals = ("422",)
    page.goto("/register?model=refused")
    drop(page, **{"a.txt": "abc"})
    page.get_by_label("Metrics").fill("auc: good")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("The metric auc has no number")).to_be_visible()
    expect(page.get_by_text("1 file, 3 B is here already")).to_be_visible()
    page.get_by_label("Metrics").fill("auc: 1")
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("refused:1 is registered.")).to_be_visible()


def test_without_scripts_it_is_one_form(chromium: Browser, registry: str, large: Path) -> None:
    context = chromium.new_context(base_url=registry, java_script_enabled=False)
    page = context.new_page()
    page.goto("/register?model=plain")
    page.locator("#field-file").set_input_files(large)
    page.get_by_role("button", name="Register").click()
    expect(page.get_by_text("plain:1 is registered.")).to_be_visible(timeout=20_000)
    assert files_of(page, "/models/plain/versions/1") == {"weights.bin": digest_of(large.read_bytes())}
    context.close()
