"""Names, cards and files that want to be more than text."""

from urllib.parse import quote

import httpx
from playwright.sync_api import expect

from tests.api.steps import form
from tests.web.browser.visitor import Visitor

ATTACKS = (
    "<script>window.pwned = 1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "'-window.pwned=1-'",
    "javascript:window.pwned=1",
    "{{constructor.constructor('window.pwned=1')()}}",
    "</textarea><script>window.pwned=1</script>",
    "<a href='javascript:window.pwned=1'>x</a>",
)
CARD = "\n\n".join(
    (
        *ATTACKS,
        "[click](javascript:window.pwned=1)",
        "![x](https://elsewhere.invalid/x.png)",
        "[x]: javascript:window.pwned=1",
        "<iframe srcdoc='<script>parent.pwned=1</script>'></iframe>",
        "<style>body{display:none}</style>",
    )
)


def test_nothing_that_people_write_runs_or_is_fetched(visitor: Visitor, registry: str) -> None:
    _write(registry)
    page = visitor.page
    foreign: list[str] = []
    page.on("request", lambda request: foreign.append(request.url) if not request.url.startswith(registry) else None)
    model = quote("hostile <b onclick=alert(1)>", safe="")
    below = (
        "",
        "/metrics",
        "/files",
        "/history",
        "/edit",
        "/move?to=staging",
        "/delete",
        "/files/evil.md",
        "/files/x.json",
    )
    places = ["/", "/search?q=pwned", f"/models/{model}", *(f"/models/{model}/versions/1{part}" for part in below)]
    for place in places:
        page.goto(place)
        if page.locator(".chart").count():
            expect(page.locator(".chart.is-live .scatterlayer .trace").first).to_be_visible()
            page.locator(".chart-live .draglayer .drag").first.hover(position={"x": 60, "y": 40})
        assert page.evaluate("window.pwned") is None, place
        assert page.locator("main b[onclick], main iframe, main style, main script").count() == 0, place
        for link in page.locator("main a").all():
            assert not (link.get_attribute("href") or "").lower().strip().startswith(("javascript", "data:text")), place
    assert [url for url in foreign if not url.startswith("data:")] == []


def _write(registry: str) -> None:
    name = "hostile <b onclick=alert(1)>"
    description = " ".join(ATTACKS)
    document = {
        "description": description,
        "card": CARD,
        "tags": {attack[:200]: attack for attack in ATTACKS},
        "params": {attack[:200]: attack for attack in ATTACKS},
        "metadata": {"<i>": ATTACKS[0]},
        "framework": {"name": ATTACKS[1], "version": ATTACKS[2]},
        "lineage": {"run": ATTACKS[0], "source": ATTACKS[4], "git": {"repository": ATTACKS[4], "commit": "<b>"}},
        "signature": {"inputs": [{"name": ATTACKS[0], "dtype": "<b>", "shape": [1]}], "outputs": []},
    }
    files = {"evil.md": CARD, "x.json": '{"<script>window.pwned=1</script>": "</code><script>window.pwned=1</script>"}'}
    with httpx.Client(base_url=f"{registry}/api/v1", headers={"X-Modelyard-Actor": "<b>eve</b>"}) as api:
        parts = form({path: content.encode() for path, content in files.items()}, document)
        answer = api.post(f"/models/{quote(name, safe='')}/versions?create_model=true", files=parts)
        assert answer.is_success, answer.text
        metrics = [
            {"name": "<b onclick=alert(1)>", "value": step, "step": step, "slice": ATTACKS[1]} for step in (1, 2)
        ]
        measured = api.post(f"/models/{quote(name, safe='')}/versions/1/metrics", json={"metrics": metrics})
        assert measured.is_success, measured.text
        done = api.post(
            f"/models/{quote(name, safe='')}/versions/1/transitions", json={"to_stage": "staging", "reason": ATTACKS[0]}
        )
        assert done.is_success, done.text
