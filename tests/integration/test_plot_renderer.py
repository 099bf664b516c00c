"""Plots as they are drawn: what is in the pictures, and what becomes of the process that draws."""

import asyncio
import itertools
import json
import os
import signal
import struct
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from modelyard.application.ports.plots import Picture
from modelyard.domain.form_errors import DrawingUnavailable, FormatUnavailable
from modelyard.domain.lifecycle import Stage
from modelyard.domain.metric import MetricKey, MetricPoint, Sampled
from modelyard.infrastructure.plots import child
from modelyard.infrastructure.plots.child import ChildPlotRenderer
from modelyard.presentation.plots.comparison import Measured, comparison_plot
from modelyard.presentation.plots.history import history_plot
from modelyard.presentation.plots.leaderboard import Bar, leaderboard_plot
from modelyard.presentation.plots.look import Document, Look, Theme
from tests.integration.server_process import REAL, running

HOSTILE = [
    *("<script>alert(1)</script>", "</text><script>alert(1)</script>", "</svg><script>alert(1)</script>"),
    *("<img src=x onerror=alert(1)>", '" onload="alert(1)', "' onload='alert(1)", "<svg/onload=alert(1)>"),
    *("javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "<a href='javascript:alert(1)'>x</a>"),
    *("<foreignObject><body onload=alert(1)></foreignObject>", "<iframe src=//evil.example>", "<!--", "-->", "]]>"),
    *("<![CDATA[<script>alert(1)</script>]]>", "<?xml-stylesheet href='//evil.example'?>", "<!ENTITY x SYSTEM 'x'>"),
    *("&lt;script&gt;", "&#60;script&#62;", "&", "&amp;", "&xxe;", "url(http://evil.example/x)", "url(#x)"),
    *("expression(alert(1))", "@import 'http://evil.example'", "</style><script>alert(1)</script>", "style='x'"),
    *("${alert(1)}", "{{constructor.constructor('alert(1)')()}}", "#{7*7}", "%3Cscript%3E", "\\x3cscript\\x3e"),
    *("datum.value", "datum['value']", "signal", '{"expr": "alert(1)"}', '{"signal": "width"}', "__proto__"),
    *("constructor", "toString", "hasOwnProperty", "valueOf", "isPrototypeOf", "toLocaleString"),
    *("propertyIsEnumerable", "__defineGetter__", "__lookupSetter__", "prototype", "length", "undefined", "null"),
    *("a.b[0]", "a\\.b", "[x]", "http://evil.example/i.png"),
    *("file:///etc/passwd", "x" * 250, "\U0001f4a5", "\u540d\u524d", "\u05e2\u05d1", "e\u0301", "'", '"', "`", " "),
]
ALLOWED = {"svg", "g", "path", "text", "rect", "defs", "clipPath", "line", "circle", "tspan"}
LOOK = Look(width=400, height=240, theme=Theme.DARK)


@pytest.fixture
async def renderer() -> AsyncIterator[ChildPlotRenderer]:
    made = ChildPlotRenderer()
    yield made
    await made.close()


def line_of(*points: tuple[int, float]) -> Sampled:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    made = [
        MetricPoint(key=MetricKey(name="auc"), step=step, value=value, recorded_at=moment) for step, value in points
    ]
    return Sampled(points=made, count=len(made))


def plots_of(name: str) -> list[Document]:
    """A plot of each kind, with a name in every place that there is for one."""
    key = MetricKey(name=name, dataset=name, slice=name)
    return [
        history_plot(name, key, line_of((0, 0.5), (1, 0.7)), LOOK),
        leaderboard_plot(name, name, [Bar(version=name, stage=Stage.PRODUCTION, value=1.0)], LOOK),
        comparison_plot(name, name, [Measured(metric=name, version=name, stage=Stage.DRAFT, value=-1.0)], LOOK),
    ]


def encoded(plot: Document) -> bytes:
    return json.dumps(plot).encode()


def size_of(png: bytes) -> tuple[int, int]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - another process does it
            await asyncio.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def environment_of(pid: int | None) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


async def test_hostile_names_become_text_and_nothing_else(renderer: ChildPlotRenderer) -> None:
    assert len(HOSTILE) >= 50
    for name in HOSTILE:
        for plot in plots_of(name):
            svg = (await renderer.draw(encoded(plot), Picture.SVG)).decode()
            assert "<!" not in svg
            assert "<?" not in svg
            for element in ElementTree.fromstring(svg).iter():  # noqa: S314 - without entities, as was seen
                assert element.tag.removeprefix("{http://www.w3.org/2000/svg}") in ALLOWED, (name, element.tag)
                for attribute, value in element.attrib.items():
                    assert not attribute.lower().startswith("on"), (name, attribute)
                    assert "href" not in attribute.lower(), (name, attribute)
                    is_text = attribute == "aria-label"
                    assert is_text or "url(" not in value.replace("url(#", ""), (name, attribute, value)
                    assert is_text or "javascript:" not in value.lower(), (name, attribute, value)


async def test_a_name_stands_in_the_picture_as_it_was_given(renderer: ChildPlotRenderer) -> None:
    name = "a<b>&\"c'"
    [plot, *_] = plots_of(name)
    svg = ElementTree.fromstring((await renderer.draw(encoded(plot), Picture.SVG)).decode())  # noqa: S314 - our own
    assert f"{name} of {name}" in {element.text for element in svg.iter()}


@pytest.mark.parametrize(("width", "height"), [(100, 100), (720, 360), (2000, 2000)])
async def test_a_picture_has_the_size_that_is_asked_for(renderer: ChildPlotRenderer, width: int, height: int) -> None:
    look = Look(width=width, height=height, theme=Theme.LIGHT)
    plots = [
        history_plot("churn:1", MetricKey(name="auc"), line_of((0, 0.5), (9, 0.7)), look),
        leaderboard_plot("auc", "", [Bar(version="churn:1", stage=Stage.DRAFT, value=1.0)], look),
    ]
    for plot in plots:
        assert size_of(await renderer.draw(encoded(plot), Picture.PNG)) == (width, height)
        svg = ElementTree.fromstring((await renderer.draw(encoded(plot), Picture.SVG)).decode())  # noqa: S314 - our own
        assert (svg.attrib["width"], svg.attrib["height"]) == (str(width), str(height))


@pytest.mark.parametrize("points", [[], [(0, 1.0)], [(0, 1e308), (1, -1e308)], [(2**53 - 1, 5e-324)]])
async def test_any_history_can_be_drawn(renderer: ChildPlotRenderer, points: list[tuple[int, float]]) -> None:
    plot = history_plot("churn:1", MetricKey(name="auc"), line_of(*points), LOOK)
    for picture in Picture:
        assert await renderer.draw(encoded(plot), picture)


async def test_a_document_that_names_an_address_is_not_drawn(renderer: ChildPlotRenderer, tmp_path: Path) -> None:
    [plot, *_] = plots_of("x")
    (tmp_path / "data.csv").write_text("step,value\n1,stolen\n", encoding="ascii")
    async with await asyncio.start_server(lambda _, __: visits.append(1), "127.0.0.1", 0) as server:
        visits: list[int] = []
        port = server.sockets[0].getsockname()[1]
        for address in (f"http://127.0.0.1:{port}/x.png", f"file://{tmp_path}/data.csv"):
            image = plot | {"mark": {"type": "image", "url": address}}
            linked = plot | {"mark": {"type": "point", "href": address}}
            layered = {"layer": [plot, image]}
            data = plot | {"data": {"url": address}, "mark": "text", "encoding": {"text": {"field": "value"}}}
            for document, picture in itertools.product((image, linked, layered, data), Picture):
                with pytest.raises(DrawingUnavailable):
                    await renderer.draw(encoded(document), picture)
        assert visits == []


async def test_what_cannot_be_drawn_is_refused_and_the_next_is_drawn(renderer: ChildPlotRenderer) -> None:
    [plot, *_] = plots_of("x")
    for broken in (b"{}", b"no json", encoded(plot | {"mark": "nothing"})):
        with pytest.raises(DrawingUnavailable):
            await renderer.draw(broken, Picture.SVG)
        assert size_of(await renderer.draw(encoded(plot), Picture.PNG)) == (400, 240)


async def test_one_process_draws_until_it_is_not_needed() -> None:
    renderer = ChildPlotRenderer(idle_seconds=0.2)
    [plot, *_] = plots_of("x")
    pictures = await asyncio.gather(*(renderer.draw(encoded(plot), Picture.SVG) for _ in range(5)))
    pid = renderer.pid
    assert pid is not None
    assert len(set(pictures)) == 1
    await eventually(lambda: renderer.pid is None and not is_alive(pid))
    assert await renderer.draw(encoded(plot), Picture.SVG) == pictures[0]
    await renderer.close()
    assert renderer.pid is None


async def test_a_process_that_hangs_is_ended_and_replaced() -> None:
    renderer = ChildPlotRenderer(timeout_seconds=3)
    [plot, *_] = plots_of("x")
    await renderer.draw(encoded(plot), Picture.SVG)
    hanging = renderer.pid
    assert hanging is not None
    os.kill(hanging, signal.SIGSTOP)
    with pytest.raises(DrawingUnavailable):
        await renderer.draw(encoded(plot), Picture.SVG)
    await eventually(lambda: not is_alive(hanging))
    assert await renderer.draw(encoded(plot), Picture.SVG)
    await renderer.close()


async def test_a_process_that_dies_is_replaced(renderer: ChildPlotRenderer) -> None:
    [plot, *_] = plots_of("x")
    await renderer.draw(encoded(plot), Picture.SVG)
    assert renderer.pid is not None
    os.kill(renderer.pid, signal.SIGSTOP)
    drawing = asyncio.create_task(renderer.draw(encoded(plot), Picture.SVG))
    await asyncio.sleep(0)
    os.kill(renderer.pid, signal.SIGKILL)
    with pytest.raises(DrawingUnavailable):
        await drawing
    assert await renderer.draw(encoded(plot), Picture.SVG)


async def test_who_leaves_does_not_get_another_ones_picture(renderer: ChildPlotRenderer) -> None:
    one, other, _ = plots_of("x")
    await renderer.draw(encoded(one), Picture.SVG)
    leaving = asyncio.create_task(renderer.draw(encoded(one), Picture.SVG))
    await asyncio.sleep(0)
    leaving.cancel()
    assert b"production" in await renderer.draw(encoded(other), Picture.SVG)


async def test_only_so_many_wait(renderer: ChildPlotRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "MAX_WAITING", 3)
    [plot, *_] = plots_of("x")
    outcomes = await asyncio.gather(
        *(renderer.draw(encoded(plot), Picture.SVG) for _ in range(5)), return_exceptions=True
    )
    assert [isinstance(outcome, DrawingUnavailable) for outcome in outcomes] == [False] * 3 + [True] * 2


async def test_a_process_is_replaced_after_many_drawings(
    renderer: ChildPlotRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "DRAWINGS_OF_A_CHILD", 2)
    [plot, *_] = plots_of("x")
    pids = []
    for _ in range(3):
        await renderer.draw(encoded(plot), Picture.SVG)
        pids.append(renderer.pid)
    assert pids[0] is not None
    assert pids[1] is None
    assert pids[2] not in {None, pids[0]}


@pytest.mark.skipif(not Path("/proc/self/environ").is_file(), reason="tells an environment as Linux does")
async def test_what_draws_gets_no_secret(renderer: ChildPlotRenderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_DATABASE_URL", "postgresql://user:canary@host/db")
    [plot, *_] = plots_of("x")
    await renderer.draw(encoded(plot), Picture.SVG)
    assert b"canary" not in environment_of(renderer.pid)


async def test_what_is_not_installed_is_told_with_what_to_do(
    renderer: ChildPlotRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child, "find_spec", lambda _: None)
    with pytest.raises(FormatUnavailable) as refusal:
        await renderer.draw(b"{}", Picture.SVG)
    assert "modelyard[plots]" in refusal.value.hint


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="tells the children of a process as Linux does")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
async def test_what_draws_ends_with_its_server(tmp_path: Path, end: signal.Signals) -> None:
    with running(REAL, tmp_path / "data") as server:
        url = f"{server.url}/api/v1/models/churn/versions"
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            (await client.post(f"{url}?create_model=true", json={})).raise_for_status()
            (await client.get(f"{url}/1/metrics/auc/history?format=svg")).raise_for_status()
        [drawing] = children_of(server.process.pid)
        server.process.send_signal(end)
        await eventually(lambda: not is_running(drawing))


def children_of(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text(encoding="ascii").split()]


def is_running(pid: int) -> bool:
    """Whether it has not ended; one whose end nobody has asked for has."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
