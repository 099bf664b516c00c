"""Counts that are kept one by one."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Counts:
    """`Telemetry` that remembers what it was told."""

    media_type: str = "text/plain"
    counted: list[tuple[str, str, int]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        self.counted.append((method, route, status))
        self.seconds.append(seconds)

    def exposition(self) -> bytes:
        return repr(self.counted).encode()
