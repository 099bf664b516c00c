"""Promotions, approvals, aliases, policies, deletions and rollbacks in any order, held against a reference."""

import asyncio
import contextlib
import itertools
import os
import threading
from collections.abc import Iterator
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from modelyard.bootstrap.asgi import create_app
from modelyard.bootstrap.settings import Settings
from tests.api.events import require_whole_chain
from tests.api.in_process import Contract, client_of, lifespan_of
from tests.api.promotion_reference import STEPS, Reference, Rules
from tests.api.steps import Document

EXAMPLES = int(os.environ.get("MACHINE_EXAMPLES", "12"))
"""How many sequences of up to 40 steps are tried on each database."""

PEOPLE = st.sampled_from(["ana", "ben", "cai"])
STAGES = st.sampled_from(sorted(STEPS))
RULES = st.builds(
    Rules,
    is_exclusive=st.booleans(),
    skips_staging=st.booleans(),
    has_gate=st.booleans(),
    approvals=st.integers(0, 2),
    rollback_approvals=st.integers(0, 1),
)
names = itertools.count()


class Caller:
    """A registry in a thread of its own, for callers that wait."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self._client, self._loop = client, loop

    def send(self, method: str, address: str, **options: Any) -> httpx.Response:
        return asyncio.run_coroutine_threadsafe(self._client.request(method, address, **options), self._loop).result(60)


@contextlib.contextmanager
def calling(registry: Settings, contract: Contract) -> Iterator[Caller]:
    ready, callers = threading.Event(), []
    stop = asyncio.Event()

    async def serve() -> None:
        app = create_app(registry)
        async with lifespan_of(app), client_of(app, contract) as client:
            callers.append(Caller(client, asyncio.get_running_loop()))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    assert ready.wait(60)
    yield callers[0]
    callers[0]._loop.call_soon_threadsafe(stop.set)
    thread.join()


class Promotions(RuleBasedStateMachine):
    caller: Caller

    def __init__(self) -> None:
        super().__init__()
        self.reference = Reference()
        self.requests: list[int] = []
        self.model = f"/models/model {next(names)}"
        self.ask("", "POST", "/models", {"name": self.model.removeprefix("/models/")})

    def ask(self, refusal: str, method: str, address: str, body: Document | None, by: str = "eve") -> Document:
        """Send it, and hold the answer against what the reference says: refused by this code, or done for ""."""
        response = self.caller.send(method, address, json=body, headers={"X-Modelyard-Actor": by})
        code = "" if response.is_success else response.json()["type"].rpartition(":")[2]
        assert code == refusal, (address, body, response.text)
        document: Document = response.json() if response.content else {}
        return document

    def read(self, address: str, **wanted: Any) -> Document:
        document: Document = self.caller.send("GET", self.model + address, params=wanted).json()
        return document

    def some(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.reference.versions)), "version")

    def place(self, number: int) -> str:
        return f"{self.model}/versions/{number}"

    @precondition(lambda self: len(self.reference.versions) < 5)
    @rule()
    def register(self) -> None:
        self.reference.register()
        made = self.ask("", "POST", f"{self.model}/versions", {})
        assert made["number"] == self.reference.last_number

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), auc=st.sampled_from([0.5, 0.9, 0.95]))
    def measure(self, data: st.DataObject, auc: float) -> None:
        number = self.some(data)
        self.reference.measure(number, auc)
        point = {"name": "auc", "value": auc, "step": self.reference.events}
        self.ask("", "POST", f"{self.place(number)}/metrics", {"metrics": [point]})

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), card=st.sampled_from(["", "# Card"]))
    def describe(self, data: st.DataObject, card: str) -> None:
        number = self.some(data)
        self.reference.describe(number, card)
        self.ask("", "PATCH", self.place(number), {"card": card})

    @rule(rules=RULES)
    def set_rules(self, rules: Rules) -> None:
        self.reference.set_rules(rules)
        self.ask("", "PUT", f"{self.model}/policy", rules.document())

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), to_stage=STAGES)
    def move(self, data: st.DataObject, to_stage: str) -> None:
        number = self.some(data)
        refusal = self.reference.move(number, to_stage)
        self.ask(refusal, "POST", f"{self.place(number)}/transitions", {"to_stage": to_stage})

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), is_named=st.booleans())
    def roll_back(self, data: st.DataObject, is_named: bool) -> None:
        number = self.some(data) if is_named else None
        refusal = self.reference.roll_back(number)
        self.ask(refusal, "POST", f"{self.model}/rollback", {"to_version": number})

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), to_stage=STAGES, by=PEOPLE)
    def request(self, data: st.DataObject, to_stage: str, by: str) -> None:
        number = self.some(data)
        refusal = self.reference.ask(number, to_stage, by)
        body = {"version": number, "to_stage": to_stage}
        made = self.ask(refusal, "POST", f"{self.model}/requests", body, by)
        if not refusal:
            self.requests.append(made["id"])

    @precondition(lambda self: self.reference.requests_left())
    @rule(data=st.data(), by=PEOPLE, verb=st.sampled_from(["approve", "approve", "approve", "reject"]))
    def decide(self, data: st.DataObject, by: str, verb: str) -> None:
        index = data.draw(st.sampled_from(self.reference.requests_left()[-3:]), "request")
        refusal = getattr(self.reference, verb)(index, by)
        address = f"{self.model}/requests/{self.requests[index]}/{verb}"
        self.ask(refusal, "POST", address, {"reason": "because"}, by)

    @precondition(lambda self: self.reference.versions)
    @rule(data=st.data(), alias=st.sampled_from(["champion", "twin"]))
    def point(self, data: st.DataObject, alias: str) -> None:
        number = self.some(data)
        self.reference.point(alias, number)
        self.ask("", "PUT", f"{self.model}/aliases/{alias}", {"version": number})

    @precondition(lambda self: self.reference.aliases)
    @rule(data=st.data())
    def unpoint(self, data: st.DataObject) -> None:
        alias = data.draw(st.sampled_from(sorted(self.reference.aliases)), "alias")
        self.reference.unpoint(alias)
        self.ask("", "DELETE", f"{self.model}/aliases/{alias}", None)

    @precondition(lambda self: len(self.reference.versions) > 2)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        number = self.some(data)
        self.reference.delete(number)
        self.ask("", "DELETE", f"{self.place(number)}?force=true", None)

    @invariant()
    def stages_are_those_of_the_reference(self) -> None:
        production = self.reference.in_production()
        assert self.read("")["production"] == sorted(production)
        items = self.read("/versions", limit=500)["items"]
        assert {one["number"]: one["stage"] for one in items} == {
            number: version.stage for number, version in self.reference.versions.items()
        }

    def teardown(self) -> None:
        events = self.all_of("/events")
        assert len(events) == self.reference.events
        place = {event["sequence"]: index for index, event in enumerate(events, 1)}
        told = [
            (one["kind"], one["name"], one["version"], place[one["since"]["sequence"]],
             one["until"] and place[one["until"]["sequence"]])
            for one in self.all_of("/timeline")
        ]  # fmt: skip
        expected = [(it.kind, it.name, it.version, it.since, it.until) for it in self.reference.timeline]
        assert told == expected
        for index in self.reference.requests_left():
            status = self.read(f"/requests/{self.requests[index]}")["status"]
            assert status == self.reference.standing(self.reference.requests[index])
        require_whole_chain([event for event in events if event["chain"]])

    def all_of(self, address: str) -> list[Document]:
        items: list[Document] = []
        wanted: dict[str, Any] = {"sort": "sequence", "limit": 500}
        while True:
            page = self.read(address, **wanted)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            wanted["cursor"] = page["next_cursor"]


def test_whatever_is_done_in_whatever_order(settings: Settings, contract: Contract) -> None:
    with calling(settings, contract) as caller:
        run_state_machine_as_test(
            type("PromotionsHere", (Promotions,), {"caller": caller}),
            settings=hypothesis_settings(
                max_examples=EXAMPLES, stateful_step_count=40, deadline=None,
                phases=[Phase.generate],  # shrinking takes minutes, and a sequence of 40 steps can be read

                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
