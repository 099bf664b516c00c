import httpx
import pytest

from tests.api.steps import MODEL, Document, add_version, done, events_of, move, point, refused

TIMELINE = f"{MODEL}/timeline"


async def timeline(api: httpx.AsyncClient, **wanted: str | int) -> list[Document]:
    items: list[Document] = done(await api.get(TIMELINE, params=wanted))["items"]
    return items


def told(intervals: list[Document]) -> list[tuple[str, int, int, int | None]]:
    """Oldest first: the place, the version, and the events that began and ended it."""
    return [
        (one["name"], one["version"], one["since"]["sequence"], one["until"] and one["until"]["sequence"])
        for one in reversed(intervals)
    ]


@pytest.fixture
async def past(api: httpx.AsyncClient) -> None:
    """Events 2 and 3 register, 4 and 5 promote 1, 6 and 7 point, 8 to 10 promote 2, 11 deletes 1 with its alias."""
    for _ in range(2):
        await add_version(api)
    await move(api, 1, "staging", "production")
    await point(api, "champion", 1)
    await point(api, "twin", 2)
    await move(api, 2, "staging", "production")
    done(await api.delete(f"{MODEL}/versions/1?force=true"))


@pytest.mark.usefixtures("past")
class TestTimeline:
    async def test_it_tells_who_held_what_from_when_to_when(self, api: httpx.AsyncClient) -> None:
        assert told(await timeline(api)) == [
            ("staging", 1, 4, 5),
            ("production", 1, 5, 9),
            ("champion", 1, 6, 11),
            ("twin", 2, 7, None),
            ("staging", 2, 8, 10),
            ("archived", 1, 9, 11),
            ("production", 2, 10, None),
        ]
        newest = (await timeline(api))[0]
        event = (await events_of(api))[9]
        names = {"at": "at", "by": "actor", "reason": "reason", "sequence": "sequence"}
        assert newest["since"] == {name: event[of] for name, of in names.items()}

    async def test_a_part_of_it_can_be_asked_for(self, api: httpx.AsyncClient) -> None:
        assert told(await timeline(api, stage="production")) == [("production", 1, 5, 9), ("production", 2, 10, None)]
        assert told(await timeline(api, alias="champion")) == [("champion", 1, 6, 11)]
        assert told(await timeline(api, stage="production", alias="twin", version=2)) == [
            ("twin", 2, 7, None),
            ("production", 2, 10, None),
        ]
        assert told(await timeline(api, stage="draft")) == [("draft", 1, 2, 4), ("draft", 2, 3, 8)]

    async def test_it_comes_in_pages_both_ways(self, api: httpx.AsyncClient) -> None:
        whole = await timeline(api)
        for sort, expected in (("-sequence", whole), ("sequence", whole[::-1])):
            items: list[Document] = []
            cursor: str | None = ""
            while cursor is not None:
                wanted: dict[str, str | int] = {"sort": sort, "limit": 2, **({"cursor": cursor} if cursor else {})}
                page = done(await api.get(TIMELINE, params=wanted))
                items += page["items"]
                cursor = page["next_cursor"]
            assert items == expected

    async def test_an_alias_that_was_taken_away_ends(self, api: httpx.AsyncClient) -> None:
        await api.delete(f"{MODEL}/aliases/twin")
        assert told(await timeline(api, alias="twin")) == [("twin", 2, 7, 12)]


async def test_time_travel_finds_what_held_a_stage_or_an_alias(api: httpx.AsyncClient) -> None:
    moments = []
    for number in (1, 2):
        await add_version(api)
        await move(api, number, "staging", "production")
        await point(api, "champion", number)
        moments.append((await events_of(api, version=number))[-1]["at"])
    for number, at in enumerate(moments, 1):
        for ref in ("production", "@champion"):
            found = await api.get(f"{MODEL}/versions/{ref}", params={"at": at})
            if moments[0] != moments[1]:
                assert done(found)["number"] == number
    assert done(await api.get(f"{MODEL}/versions/production", params={"at": "2999-01-01T00:00:00Z"}))["number"] == 2
    long_ago = {"at": "2001-01-01T00:00:00Z"}
    for ref in ("production", "draft", "@champion", "1", "latest"):
        refused(await api.get(f"{MODEL}/versions/{ref}", params=long_ago), 404, "version-not-found")
    for ref, number in (("1", 1), ("latest", 2)):
        assert done(await api.get(f"{MODEL}/versions/{ref}", params={"at": moments[1]}))["number"] == number
    refused(await api.get(f"{MODEL}/versions/production", params={"at": "yesterday"}), 422, "invalid-input")
    refused(await api.get(f"{MODEL}/versions/production", params={"at": "2026-01-01T00:00:00"}), 422, "invalid-input")


async def test_what_has_been_deleted_since_is_named(api: httpx.AsyncClient) -> None:
    await add_version(api)
    await move(api, 1, "staging", "production")
    at = (await events_of(api))[-1]["at"]
    for number in (2, 3):
        await add_version(api)
        await move(api, number, "staging", "production")
    if (await events_of(api, version=2))[-1]["at"] != at:
        done(await api.delete(f"{MODEL}/versions/1"))
        found = await api.get(f"{MODEL}/versions/production", params={"at": at})
        assert refused(found, 404, "version-not-found")["version"] == 1
