"""Who may do what by forms."""

from tests.api.access import Guarded
from tests.api.steps import done, events_of
from tests.web.filling import followed
from tests.web.pages import browser_of, shown, text_of
from tests.web.scene import MODEL, set_scene

PAGE = f"/models/{MODEL}"
FIVE = f"{PAGE}/versions/5"
REQUEST = f"{PAGE}/requests/1"
CHANGES = [
    (f"{FIVE}/move", {"to_stage": "draft", "from_stage": "staging", "reason": ""}),
    (f"{FIVE}/edit", {"tag": "", "description": "x"}),
    (f"{FIVE}/delete", {"tag": "", "force": "true"}),
    (f"{FIVE}/aliases", {"name": "x"}),
    (f"{FIVE}/aliases/remove", {"name": "challenger"}),
    (f"{PAGE}/rollback", {"to_version": "1", "reason": ""}),
    (f"{PAGE}/requests", {"version": "4", "to_stage": "production", "reason": ""}),
    (f"{REQUEST}/approve", {"reason": ""}),
    (f"{REQUEST}/reject", {"reason": "x"}),
    (f"{REQUEST}/withdraw", {"reason": ""}),
]


async def test_readers_change_nothing_by_any_form(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
        before = len(await events_of(admin))
    await guarded.enrol("ana", ("*", "reader"))
    await guarded.enrol("eve", ("other.*", "admin"))
    for name, status in (("ana", 403), ("eve", 404)):
        async with browser_of(guarded.app, await guarded.token_of(name)) as browser:
            for address, form in CHANGES:
                assert (await browser.post(address, data=form)).status_code == status, (name, address)
    async with guarded.client() as admin:
        told = await events_of(admin)
    assert {event["action"].partition(".")[0] for event in told[before:]} == {"account", "role", "token"}


async def test_maintainers_are_offered_no_change_of_a_protected_alias_and_refused_one(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
        done(await admin.put(f"{PAGE}/aliases/challenger", json={"version": 5, "protected": True}))
    await guarded.enrol("ana", ("*", "maintainer"))
    await guarded.enrol("ben", ("*", "approver"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = shown(await ana.get(FIVE))
        assert "@challenger protected You may not change it; an approver can." in text_of(page)
        for offered in ("Lift protection", "Take away"):
            assert offered not in page
        for address, form in (
            (f"{FIVE}/aliases", {"name": "challenger", "protected": "false"}),
            (f"{PAGE}/versions/4/aliases", {"name": "challenger"}),
            (f"{FIVE}/aliases/remove", {"name": "challenger"}),
        ):
            told = await followed(ana, await ana.post(address, data=form))
            assert "fraud-detector@challenger is protected" in told, address
            assert "An approver of the model can do it." in told
    async with browser_of(guarded.app, await guarded.token_of("ben")) as ben:
        assert "@challenger protected Lift protection Take away" in text_of(shown(await ben.get(FIVE)))
        moved = await ben.post(f"{PAGE}/versions/4/aliases", data={"name": "challenger"})
        assert "fraud-detector@challenger is version 4 now, and protected." in await followed(ben, moved)


async def test_maintainers_bring_nothing_into_production(guarded: Guarded) -> None:
    async with guarded.client() as admin:
        await set_scene(admin)
    await guarded.enrol("ana", ("*", "maintainer"))
    async with browser_of(guarded.app, await guarded.token_of("ana")) as ana:
        page = text_of(shown(await ana.get("/models/churn/versions/3/move?to=staging")))
        assert "You may not take this step yourself; an approver can." in page
        form = {"to_stage": "staging", "from_stage": "production", "reason": ""}
        refusal = shown(await ana.post("/models/churn/versions/3/move", data=form), 403)
        assert "needs the right to" in text_of(refusal)
