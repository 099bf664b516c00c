"""What policies, approvals, rollbacks and the timeline promise, told once more in plain Python."""

from collections.abc import Iterable
from dataclasses import dataclass, field

STEPS = {
    "draft": {"staging", "production", "archived"},
    "staging": {"draft", "production", "archived"},
    "production": {"staging", "archived"},
    "archived": {"draft", "staging", "production"},
}
GOOD = 0.9


@dataclass(frozen=True)
class Rules:
    """A policy, as far as the reference goes."""

    is_exclusive: bool = True
    skips_staging: bool = False
    has_gate: bool = False
    approvals: int = 0
    rollback_approvals: int = 0

    def document(self) -> dict[str, object]:
        gate = {"name": "good", "expression": f"metric.auc >= {GOOD}"}
        return {
            "transitions": {"draft": sorted(STEPS["draft"])} if self.skips_staging else {},
            "exclusive": ["production"] if self.is_exclusive else [],
            "gates": {"production": [gate]} if self.has_gate else {},
            "approvals": {"production": self.approvals, "rollback": self.rollback_approvals},
        }


@dataclass
class Version:
    stage: str = "draft"
    card: str = ""
    auc: float | None = None
    has_been_in_production: bool = False


@dataclass
class Request:
    version: int
    to_stage: str
    by: str
    agreed: tuple[str, str, Rules]
    approvers: list[str] = field(default_factory=list)
    closed: str = ""


@dataclass
class Interval:
    kind: str
    name: str
    version: int
    since: int
    until: int | None = None


@dataclass
class Reference:
    """One model. Each method answers the code of the refusal, or "" where it was done; events are counted from 1."""

    events: int = 1
    versions: dict[int, Version] = field(default_factory=dict)
    last_number: int = 0
    rules: Rules = field(default_factory=Rules)
    has_own_rules: bool = False
    aliases: dict[str, int] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    stack: list[int] = field(default_factory=list)
    timeline: list[Interval] = field(default_factory=list)

    def register(self) -> None:
        self.last_number += 1
        self.versions[self.last_number] = Version()
        self.events += 1

    def measure(self, number: int, auc: float) -> None:
        self.versions[number].auc = auc
        self.events += 1

    def describe(self, number: int, card: str) -> None:
        if self.versions[number].card != card:
            self.versions[number].card = card
            self.events += 1

    def set_rules(self, rules: Rules) -> None:
        if not self.has_own_rules or rules != self.rules:
            self.events += 1
        self.rules, self.has_own_rules = rules, True

    def point(self, alias: str, number: int) -> None:
        if self.aliases.get(alias) == number:
            return
        self.events += 1
        self._end("alias", alias)
        self.aliases[alias] = number
        self.timeline.append(Interval("alias", alias, number, self.events))

    def unpoint(self, alias: str) -> None:
        del self.aliases[alias]
        self.events += 1
        self._end("alias", alias)

    def delete(self, number: int) -> None:
        del self.versions[number]
        self.events += 1
        self._end("stage", None, number)
        for alias in [alias for alias, held in self.aliases.items() if held == number]:
            del self.aliases[alias]
            self._end("alias", alias)
        for request in self.requests:
            if request.version == number:
                request.closed = "gone"

    def move(self, number: int, to_stage: str, *, is_rollback: bool = False) -> str:
        version = self.versions[number]
        if to_stage not in self.reachable(version):
            return "transition-refused"
        is_rollback = is_rollback or (version.stage, to_stage) == ("archived", "production")
        refusal = self.refusal(number, to_stage, is_rollback=is_rollback)
        if refusal:
            return refusal
        if to_stage == "production" and self.rules.is_exclusive:
            for other in sorted(self.in_production()):
                self._enter(other, "archived")
        request = self.open_request(number, to_stage)
        self._enter(number, to_stage)
        if request is not None:
            request.closed = "executed"
        if to_stage == "production":
            version.has_been_in_production = True
            if is_rollback and number in self.stack:
                while self.stack[-1] != number:
                    self.stack.pop()
            else:
                self.stack.append(number)
        return ""

    def roll_back(self, number: int | None) -> str:
        if number is not None and not self.versions[number].has_been_in_production:
            return "nothing-to-roll-back-to"
        if number is None:
            passed_over = self.in_production() | set(self.stack[-1:])
            below = [held for held in self.stack[:-1] if held in self.versions and held not in passed_over]
            if not below:
                return "nothing-to-roll-back-to"
            number = below[-1]
        return self.move(number, "production", is_rollback=True)

    def ask(self, number: int, to_stage: str, by: str) -> str:
        if to_stage not in self.reachable(self.versions[number]):
            return "transition-refused"
        if self.open_request(number, to_stage) is not None:
            return "request-exists"
        for held in self.requests:
            if (held.version, held.to_stage, held.closed) == (number, to_stage, ""):
                held.closed = "withdrawn"
        self.requests.append(Request(number, to_stage, by, self._agreed(number)))
        self.events += 1
        return ""

    def approve(self, index: int, by: str) -> str:
        request = self.requests[index]
        if self.standing(request) != "open":
            return "request-closed"
        if by == request.by or by in request.approvers:
            return "own-request"
        request.approvers.append(by)
        self.events += 1
        self.move(request.version, request.to_stage)
        return ""

    def reject(self, index: int, by: str) -> str:
        request = self.requests[index]
        if self.standing(request) != "open":
            return "request-closed"
        if by == request.by:
            return "own-request"
        request.closed = "rejected"
        self.events += 1
        return ""

    def reachable(self, version: Version) -> set[str]:
        reachable = set(STEPS[version.stage])
        if version.stage == "draft" and not self.rules.skips_staging:
            reachable.discard("production")
        if version.stage == "archived" and not version.has_been_in_production:
            reachable.discard("production")
        return reachable

    def refusal(self, number: int, to_stage: str, *, is_rollback: bool) -> str:
        if to_stage != "production":
            return ""
        request = self.open_request(number, to_stage)
        given = len(request.approvers) if request else 0
        if given < (self.rules.rollback_approvals if is_rollback else self.rules.approvals):
            return "approval-required"
        auc = self.versions[number].auc
        is_bad = auc is None or auc < GOOD
        return "gate-failed" if self.rules.has_gate and is_bad and not is_rollback else ""

    def standing(self, request: Request) -> str:
        return request.closed or ("open" if self._agreed(request.version) == request.agreed else "withdrawn")

    def open_request(self, number: int, to_stage: str) -> Request | None:
        of_step = (held for held in self.requests if (held.version, held.to_stage) == (number, to_stage))
        return next((held for held in of_step if self.standing(held) == "open"), None)

    def requests_left(self) -> list[int]:
        """Places of those whose version is still there."""
        return [index for index, request in enumerate(self.requests) if request.closed != "gone"]

    def in_production(self) -> set[int]:
        return {number for number, version in self.versions.items() if version.stage == "production"}

    def _agreed(self, number: int) -> tuple[str, str, Rules]:
        return self.versions[number].stage, self.versions[number].card, self.rules

    def _enter(self, number: int, stage: str) -> None:
        self.events += 1
        self._end("stage", None, number)
        self.versions[number].stage = stage
        if stage != "draft":
            self.timeline.append(Interval("stage", stage, number, self.events))

    def _end(self, kind: str, name: str | None, number: int | None = None) -> None:
        for interval in self._running(kind):
            if name in {None, interval.name} and number in {None, interval.version}:
                interval.until = self.events

    def _running(self, kind: str) -> Iterable[Interval]:
        return [interval for interval in self.timeline if interval.kind == kind and interval.until is None]
