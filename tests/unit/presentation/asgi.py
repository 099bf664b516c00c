"""ASGI without a server: scopes, and the two channels of a request."""

from collections.abc import Sequence

from starlette.types import Message, Scope


def http_scope(*headers: tuple[bytes, bytes], method: str = "GET", path: str = "/") -> Scope:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("ascii"),
        "query_string": b"",
        "headers": list(headers),
    }


class Sent(list[Message]):
    """The messages of an answer, and a `send` that collects them."""

    async def send(self, message: Message) -> None:
        self.append(message)

    def header(self, name: bytes) -> list[bytes]:
        headers: Sequence[tuple[bytes, bytes]] = self[0]["headers"]
        return [value for header, value in headers if header == name]


async def nothing_to_receive() -> Message:
    raise AssertionError("nobody should wait for a body here")
