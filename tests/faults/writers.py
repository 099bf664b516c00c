"""Eight clients that change one registry without a pause, and remember what they were told."""

import contextlib
import http.client
import json
import random
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.ledger import Fact, KnownUpload, KnownVersion, Ledger, manifest_of

COUNT = 8
MODELS = ("churn", "fraud", "prices")
PATIENCE_SECONDS = 60.0
BOUNDARY = "a-boundary-that-no-file-holds"
STEPS = {"draft": "staging", "staging": "archived", "archived": "draft"}
Files = Sequence[tuple[str, bytes]]


class Refused(Exception):
    """The registry answered, and said no."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"{status} {body[:300]!r}")
        self.status = status


@dataclass(slots=True)
class Client:
    """One connection, made anew when it broke.

    What is answered after the power went out was never received: a machine without power sends nothing. This one goes
    on for a moment, and its kernel may then say of bytes that are lost that they are on the disk.
    """

    port: int
    actor: str
    power_is_out: threading.Event = field(default_factory=threading.Event)
    _connection: http.client.HTTPConnection | None = None

    def send(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers in lower case and body, whatever the status is.

        Raises:
            OSError, HTTPException: the connection broke; whether the registry did anything is unknown.
        """
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            self._connection.request(method, path, body, {"X-Modelyard-Actor": self.actor, **(headers or {})})
            answer = self._connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            content = answer.read()
            if self.power_is_out.is_set():
                raise ConnectionAbortedError("the power is out")
            return answer.status, found, content
        except BaseException:
            self.close()
            raise

    def done(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[Mapping[str, str], bytes]:
        """As `send`.

        Raises:
            Refused: the status is none of success.
        """
        status, found, content = self.send(method, path, body, headers)
        if not 200 <= status < 300:
            raise Refused(status, content)
        return found, content

    def json(self, method: str, path: str, value: object) -> dict[str, object]:
        _, content = self.done(method, path, json.dumps(value).encode(), {"Content-Type": "application/json"})
        answer: dict[str, object] = json.loads(content) if content else {}
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class Writer:
    """Does one change after the other until it is cut off."""

    def __init__(self, place: int, *, largest_bytes: int) -> None:
        self.ledger = Ledger(f"writer-{place}", MODELS[place % len(MODELS)])
        self._random = random.Random(place)
        self._largest_bytes = largest_bytes

    def run(self, port: int, is_over: threading.Event, power_is_out: threading.Event, *, may_refuse: bool) -> None:
        """Return when the registry is gone, or when told that it is over.

        Args:
            port: Where the registry listens.
            is_over: Set by the test.
            power_is_out: Set by the test; nothing that is answered after it counts.
            may_refuse: Whether 503 and 507 are no failure, as on a disk that is being taken away.

        Raises:
            Refused: the registry said no to what it should do.
        """
        client = Client(port, self.ledger.writer, power_is_out)
        with contextlib.closing(client), contextlib.suppress(OSError, http.client.HTTPException):
            while not is_over.is_set():
                try:
                    self._act(client)
                except Refused as refusal:
                    if not (may_refuse and refusal.status in {503, 507}):
                        raise
                    return
                self.ledger.acknowledged += 1

    def _act(self, client: Client) -> None:
        choices: dict[Callable[[Client, KnownVersion], None], int] = {
            self._measure: 20, self._alias: 10, self._move: 10, self._delete: 10
        }  # fmt: skip
        living = self.ledger.living
        if not living or self._random.random() < 0.5:
            self._upload(client) if self._random.random() < 0.3 else self._register(client)
            return
        [act] = self._random.choices(list(choices), list(choices.values()))
        version = self._random.choice(living[-50:])
        self.ledger.touched.add(version.number)
        act(client, version)

    def _files(self) -> Files:
        sizes = [self._random.choice([0, 100, 20_000, self._largest_bytes]) for _ in range(self._random.randint(1, 3))]
        return [(f"{place}/weights.bin", self._random.randbytes(size)) for place, size in enumerate(sizes)]

    def _register(self, client: Client) -> None:
        """In one form."""
        files = self._files()
        self.ledger.registering = manifest_of(files)
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        path = f"/api/v1/models/{self.ledger.model}/versions?create_model=true"
        _, content = client.done("POST", path, form_of(files), headers)
        self.ledger.add_version(json.loads(content)["number"])

    def _upload(self, client: Client) -> None:
        """In two parts, then ended, then registered by digest."""
        [(path, content), *_] = self._files()
        answer = client.json("POST", "/api/v1/uploads", {"size_bytes": len(content)})
        upload = self.ledger.upload = KnownUpload(f"/api/v1/uploads/{answer['id']}", content)
        middle = len(content) // 2
        for start, stop in ((0, middle), (middle, len(content))):
            client.done("PATCH", upload.path, content[start:stop], {"Upload-Offset": str(start)})
            upload.acknowledged = stop
        upload.is_ending = True
        client.done("PUT", upload.path)
        self.ledger.upload = None
        manifest = manifest_of([(path, content)])
        self.ledger.registering = manifest
        described = [{"path": path, "digest": manifest[path], "size_bytes": len(content)}]
        made = client.json(
            "POST", f"/api/v1/models/{self.ledger.model}/versions?create_model=true", {"files": described}
        )
        assert isinstance(made["number"], int)
        self.ledger.add_version(made["number"])

    def _measure(self, client: Client, version: KnownVersion) -> None:
        added = {f"metric-{secrets.token_hex(4)}": self._random.random() for _ in range(3)}
        version.metrics.begin(version.metrics.value | added)
        entries = [{"name": name, "value": value} for name, value in added.items()]
        client.json("POST", f"{version.path}/metrics", {"metrics": entries})
        version.metrics.acknowledge()

    def _alias(self, client: Client, version: KnownVersion) -> None:
        name = f"{self.ledger.writer}-{self._random.randrange(3)}"
        fact = self.ledger.aliases.setdefault(name, Fact(0))
        fact.begin(version.number)
        client.json("PUT", f"/api/v1/models/{version.model}/aliases/{name}", {"version": version.number})
        fact.acknowledge()

    def _move(self, client: Client, version: KnownVersion) -> None:
        target = STEPS[version.stage.value]
        version.stage.begin(target)
        client.json("POST", f"{version.path}/transitions", {"to_stage": target, "from_stage": version.stage.value})
        version.stage.acknowledge()

    def _delete(self, client: Client, version: KnownVersion) -> None:
        """One that no alias points at: that is refused, and so is one in staging."""
        is_in_use = version.stage.value == "staging" or version.number in self.ledger.aliased
        if is_in_use:
            self._measure(client, version)
            return
        version.is_there.begin(False)
        client.done("DELETE", version.path)
        version.is_there.acknowledge()


def form_of(files: Files) -> bytes:
    parts = [
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n\r\n%b\r\n'
        % (BOUNDARY.encode(), path.encode(), content)
        for path, content in files
    ]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])
