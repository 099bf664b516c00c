"""What all pages have in common."""

import re

import httpx

from tests.api.access import Guarded
from tests.api.in_process import ORIGIN
from tests.api.steps import add_version, done, events_of
from tests.web.pages import browser_of, shown, text_of


async def test_styles_and_scripts_never_change_under_their_address(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/"))
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert {address.rpartition(".")[2] for address in addresses} == {"css", "js", "svg"}
    for address in addresses:
        asset = await browser.get(address)
        assert asset.status_code == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert asset.headers["content-encoding"] == "gzip"
        again = await browser.get(address, headers={"If-None-Match": asset.headers["etag"]})
        assert again.status_code == 304


async def test_a_page_of_another_release_gets_files_too_which_are_not_kept(browser: httpx.AsyncClient) -> None:
    asset = await browser.get("/static/0123456789abcdef/app.css", headers={"Accept-Encoding": "identity"})
    assert (asset.status_code, asset.headers["cache-control"]) == (200, "no-cache")
    assert asset.text.startswith("/*")


async def test_the_first_page_is_small(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    sent = len(page.content)
    for address in addresses:
        sent += int((await browser.get(address)).headers["content-length"])
    assert sent <= 150 * 1024


async def test_the_script_of_charts_comes_from_the_installed_package(browser: httpx.AsyncClient) -> None:
    script = await browser.get("/static/any/plotly.min.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.text.startswith("/**\n* plotly.js")


async def test_files_that_there_are_not_are_not_found(browser: httpx.AsyncClient) -> None:
    for name in ("no.css", "tokens.css", "..%2fsite.py", "%2e%2e", "shell.html"):
        assert (await browser.get(f"/static/any/{name}")).status_code == 404


async def test_errors_are_pages_for_browsers_and_problems_for_programs(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/nowhere"), 404)
    assert "there is nothing at GET /nowhere" in text_of(page).lower().replace("get", "GET")
    for address, accept in (("/nowhere", "*/*"), ("/api/v1/models/none", "text/html")):
        problem = await browser.get(address, headers={"Accept": accept})
        assert (problem.status_code, problem.headers["content-type"]) == (404, "application/problem+json")


async def test_methods_and_parameters_that_there_are_not_are_told_in_a_page(browser: httpx.AsyncClient) -> None:
    refusal = await browser.put("/")
    shown(refusal, 405)
    assert refusal.headers["allow"] == "GET, HEAD"
    assert "is no parameter of this address" in text_of(shown(await browser.get("/?what=1"), 422))


async def test_what_an_address_says_is_shown_as_text(browser: httpx.AsyncClient) -> None:
    page = shown(await browser.get("/%3Cscript%3Ealert(1)%3C%2Fscript%3E"), 404)
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


async def test_head_is_answered_as_get(browser: httpx.AsyncClient) -> None:
    answer = await browser.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_colours_are_kept_and_forgotten(browser: httpx.AsyncClient) -> None:
    assert "data-theme" not in shown(await browser.get("/"))
    answer = await browser.post("/preferences/theme", data={"theme": "dark", "return_to": "/?"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?")
    assert '<html lang="en" data-theme="dark">' in shown(await browser.get("/"))
    await browser.post("/preferences/theme", data={"theme": "", "return_to": "/"})
    assert "data-theme" not in shown(await browser.get("/"))


async def test_the_name_is_chosen_in_the_head_and_told_once(browser: httpx.AsyncClient) -> None:
    assert "anonymous" in text_of(shown(await browser.get("/")))
    await browser.post("/preferences/name", data={"name": "Zoë <b>", "return_to": "/"})
    first, second = shown(await browser.get("/")), shown(await browser.get("/"))
    assert "What you do is recorded as Zoë <b> now." in text_of(first)
    assert "is recorded as" not in text_of(second).replace("is recorded under", "")
    assert "Zoë &lt;b&gt;" in second


async def test_a_name_that_cannot_stand_in_the_history_is_refused(browser: httpx.AsyncClient) -> None:
    await browser.post("/preferences/name", data={"name": "a\nb", "return_to": "/"})
    page = text_of(shown(await browser.get("/")))
    assert "That name cannot be used" in page
    assert "anonymous" in page


async def test_forms_lead_back_to_this_server_alone(browser: httpx.AsyncClient) -> None:
    for target in ("https://elsewhere.invalid/", "//elsewhere.invalid/", "/\\elsewhere.invalid", "", "javascript:1"):
        answer = await browser.post("/preferences/theme", data={"theme": "dark", "return_to": target})
        assert answer.headers["location"] == "/", target


async def test_forms_of_other_sites_and_of_nowhere_are_refused(browser: httpx.AsyncClient) -> None:
    del browser.headers["Sec-Fetch-Site"]
    for headers, status in (
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "https://elsewhere.invalid"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
        ({"Origin": ORIGIN}, 303),
    ):
        answer = await browser.post("/preferences/theme", data={"theme": "dark", "return_to": "/"}, headers=headers)
        assert answer.status_code == status, headers


async def test_cookies_are_out_of_the_reach_of_scripts_and_other_sites(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/preferences/name", data={"name": "ana", "return_to": "/"})
    for cookie in answer.headers.get_list("set-cookie"):
        assert {"HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))
        assert "Secure" not in cookie
    behind_tls = await browser.post("https://127.0.0.1/preferences/theme", data={"theme": "dark", "return_to": "/"})
    assert "Secure" in behind_tls.headers["set-cookie"].split("; ")


async def test_who_has_not_signed_in_is_told_so_in_a_page(guarded: Guarded) -> None:
    async with browser_of(guarded.app) as stranger:
        refusal = await stranger.get("/")
    assert "No token was sent" in text_of(shown(refusal, 401))


async def test_who_has_signed_in_sees_their_name_and_cannot_take_another(guarded: Guarded) -> None:
    await guarded.enrol("ana", ("*", "reader"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = shown(await ana.get("/"))
        assert "ana" in text_of(page)
        assert "/preferences/name" not in page
        await ana.post("/preferences/name", data={"name": "bob", "return_to": "/"})
        assert "bob" not in text_of(shown(await ana.get("/")))


async def test_a_proxy_that_knows_who_calls_is_believed_before_any_cookie(
    browser: httpx.AsyncClient, api: httpx.AsyncClient
) -> None:
    await add_version(api)
    await browser.post("/preferences/name", data={"name": "somebody else", "return_to": "/"})
    aliases = "/models/churn/versions/1/aliases"
    told: list[tuple[bytes, bytes]] = [(b"X-Modelyard-Actor", "Zoë".encode())]
    page = shown(await browser.get("/models/churn/versions/1", headers=told))
    assert "Zoë" in text_of(page)
    assert "/preferences/name" not in page
    await browser.post(aliases, data={"name": "champion"}, headers=told)
    assert (await events_of(api))[-1]["actor"] == "Zoë"
    for name, status in ((b"\xff", 400), (b"two\tlines", 422)):
        nameless = [(b"X-Modelyard-Actor", name)]
        refusal = await browser.post(aliases, data={"name": "other"}, headers=nameless)
        assert refusal.status_code == 303
        assert "X-Modelyard-Actor" in text_of(shown(await browser.get("/", headers=nameless), status))
    assert [alias["name"] for alias in done(await api.get("/models/churn/aliases"))["items"]] == ["champion"]
