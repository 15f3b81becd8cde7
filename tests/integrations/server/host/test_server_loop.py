"""Nothing of the server's holds the event loop up: computing time of every callback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
from callback_times import callback_times
from fake_face import tone
from fake_source import FakeSource
from server_rig import serving
from vasa_server.client import connect
from vasa_server.protocol import messages as m

pytestmark = pytest.mark.realtime

LIMIT_S = 0.010


def test_no_callback_computes_for_ten_milliseconds(
    source: FakeSource, run: Callable[[Awaitable[None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Large pushes at another rate, text, a flood of stats, wrong messages, opens and closes."""

    async def work() -> None:
        async with (
            serving(source) as server,
            connect(server.websocket_url) as one,
            connect(server.websocket_url) as two,
        ):
            await one.open("ada", size_px=512)
            await two.open("bob", size_px=512, sample_rate_hz=44_100, codec="h264")
            await one.stats()  # the first call imports and compiles
            taken.clear()
            for _ in range(3):
                await two.push(np.tile(tone(1.0, 48_000), 8), 48_000)
                await one.push(np.tile(tone(1.0), 8))
            await one.say("one two three. " * 100)
            for _ in range(50):
                await one.stats()
            await one._socket.send("{" * 60_000)
            for _ in range(10):
                await two.leave()
                await two.open("bob", size_px=512)
            await two.interrupt()
            await asyncio.sleep(1.0)  # the text becomes speech, pictures go out
            await one.interrupt()
            await one.say("done.")
            async for item in one:
                if isinstance(item, m.UtteranceEnded) and not item.interrupted:
                    break

    with callback_times(monkeypatch) as taken:
        run(work())
    assert len(taken) > 500
    took_s, what = max(taken)
    assert took_s < LIMIT_S, f"{took_s * 1e3:.1f} ms in {what}"
