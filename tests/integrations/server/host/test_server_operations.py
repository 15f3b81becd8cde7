"""What an owner sees: metrics, readiness, log lines; and what nobody sees: speech and faces."""

from __future__ import annotations

import asyncio
import json
import logging
import re

import pytest
from fake_source import FakeSource
from server_rig import eventually, get, serving
from vasa_server.client import ServerRefused, Sound, connect
from vasa_server.host.figures import FIGURES
from vasa_server.host.log_lines import JsonLines
from vasa_server.host.seats import SharedCounts, SharedSeats
from vasa_server.host.workers import can_have_workers
from vasa_server.protocol import messages as m

from vasa_avatar.privacy import fault_of

MARK = "marmalade"
"""a word that is said and must be written nowhere"""


def numbers(body: bytes) -> dict[str, float]:
    """Name and value of every line of a scrape, summed over workers."""
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\w+)\{[^}]*\} (\S+)$", body.decode(), flags=re.MULTILINE):
        found[name] = found.get(name, 0.0) + float(value)
    return found


def test_a_scrape_counts_what_happened(source: FakeSource) -> None:
    pytest.importorskip("prometheus_client", reason="prometheus-client is not installed")

    async def work() -> None:
        async with serving(source, max_sessions=1) as server:
            async with connect(server.websocket_url) as client, connect(server.websocket_url) as b:
                await client.open("ada", size_px=128)
                with pytest.raises(ServerRefused):
                    await b.open("ada")
                await client.say("Hello there.")
                async for item in client:
                    if isinstance(item, m.UtteranceEnded):
                        break
                status, head, body = await get(server.port, "/metrics")
                assert status == 200 and "text/plain; version=0.0.4" in head
                now = numbers(body)
                assert now["vasa_sessions"] == 1 and now["vasa_connections"] == 2
                assert now["vasa_sessions_opened_total"] == now["vasa_sessions_refused_total"] == 1
                assert now["vasa_speech_seconds_total"] == pytest.approx(0.4)
                assert now["vasa_pictures_sent_total"] > 5 and now["vasa_sent_bytes_total"] > 1000
            await eventually(lambda: not server.context.sessions)
            after = numbers((await get(server.port, "/metrics"))[2])
            assert after["vasa_sessions"] == 0
            assert after["vasa_speech_seconds_total"] == pytest.approx(0.4), "counters go on"
            assert after["vasa_pictures_drawn_total"] >= now["vasa_pictures_drawn_total"]
            assert len(FIGURES) == len([name for name in after if name.startswith("vasa_")])

    asyncio.run(work())


def test_metrics_ask_for_the_token(source: FakeSource) -> None:
    async def work() -> None:
        async with serving(source, token="long-and-random") as server:
            assert (await get(server.port, "/metrics"))[0] == 401
            shown = await get(server.port, "/metrics", "Authorization: Bearer long-and-random")
            assert shown[0] in (200, 501)

    asyncio.run(work())


def test_ready_is_not_the_same_as_alive(source: FakeSource) -> None:
    async def work() -> None:
        async with serving(source, max_sessions=1) as server:

            async def states() -> tuple[int, int]:
                return (await get(server.port, "/healthz"))[0], (await get(server.port, "/readyz"))[
                    0
                ]

            assert await states() == (200, 200)
            server.context.is_loading = True
            assert await states() == (200, 503)
            server.context.is_loading = False
            async with connect(server.websocket_url) as client:
                await client.open("ada", size_px=128)
                assert await states() == (200, 503), "all seats are taken"

    asyncio.run(work())


@pytest.mark.skipif(not can_have_workers(), reason="several workers need Linux")
def test_any_worker_answers_for_all() -> None:
    counts = SharedCounts(2, len(FIGURES))
    first, second = SharedSeats(counts, 0), SharedSeats(counts, 1)
    first.rows([1.0] * len(FIGURES))
    assert [row[0] for row in second.rows([2.0] * len(FIGURES))] == [1.0, 2.0]
    assert first.take(2) and second.take(2) and not first.take(2)
    counts.forget(1)
    assert first.taken == 1
    assert [row[0] for row in first.rows([1.0] * len(FIGURES))] == [1.0, 0.0]
    counts.close()


def test_nothing_that_is_said_is_logged(
    source: FakeSource, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said, refused, unspeakable, nonsense; with everything logged."""

    async def work() -> None:
        async with serving(source) as server, connect(server.websocket_url) as client:
            await client.open("ada", size_px=128)
            await client.say(f"I like {MARK}.")
            await client.say(f"This {MARK} is unspeakable.")
            async for item in client:
                if isinstance(item, m.Error) and item.code == "voice_failed":
                    break
            with pytest.raises(ServerRefused):
                await client.feel(MARK)
            await client._socket.send(f'{{"type": "{MARK}"}}')
            await client.say("And on.")
            async for item in client:
                if isinstance(item, Sound):
                    break
            source.trouble.is_drawing_broken = True
            await client.say(f"More {MARK}.")
            await asyncio.sleep(0.3)

    caplog.set_level(logging.DEBUG)
    logging.getLogger("websockets").setLevel(
        logging.INFO
    )  # its DEBUG shows frames: a user's choice
    asyncio.run(work())
    lines = [JsonLines().format(record) for record in caplog.records]
    assert any("could not be spoken" in line for line in lines)
    assert any("a session opened: 128 px" in line for line in lines)
    assert [line for line in lines if MARK in line] == []
    assert MARK not in caplog.text and MARK not in capsys.readouterr().err


def test_a_line_is_json_and_tells_where_a_fault_was_not_what_it_said() -> None:
    try:
        raise ValueError(f"cannot speak {MARK!r}")
    except ValueError as error:
        record = logging.LogRecord(
            "vasa_server",
            logging.ERROR,
            __file__,
            1,
            "it %s",
            ("failed",),
            (type(error), error, None),
        )
        assert fault_of(error).startswith("ValueError at test_server_operations.py:")
    line = json.loads(JsonLines().format(record))
    assert line["message"] == "it failed" and line["level"] == "error"
    assert line["fault"].startswith("ValueError") and MARK not in line["fault"]
    assert "T" in line["time"] and line["logger"] == "vasa_server"
