"""Several calls, few threads: what is due first is drawn first, what is late is left out."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import wait

import numpy as np
import pytest
from pipecat_rig import PlainRenderer, make_engine
from pipecat_vasa import VasaEngine
from pipecat_vasa.engine import SESSION_RATE_HZ, SessionOptions
from pipecat_vasa.playing.feed import SpeechOrder
from pipecat_vasa.playing.frame_renderer import FrameRenderer, Mood, RenderOrder

from vasa_avatar.datatypes import Controls
from vasa_avatar.session import AvatarStream

pytestmark = pytest.mark.realtime

PATIENCE_S = 20.0


def plain_engine(threads: int) -> VasaEngine:
    def open_session(options: SessionOptions) -> AvatarStream:
        return AvatarStream(None, options.sample_rate_hz, renderer=PlainRenderer())

    return VasaEngine(open_session, size_px=PlainRenderer().size_px, threads=threads)


def test_the_most_urgent_frame_is_drawn_first() -> None:
    engine = plain_engine(threads=1)
    may_end, order = threading.Event(), list[str]()
    blocker = engine.submit(lambda: may_end.wait(PATIENCE_S), 0.0)
    limit_s = time.monotonic() + PATIENCE_S
    waiting = []
    for name, left_s in (("late", 9.0), ("early", 3.0), ("middle", 6.0)):
        waiting.append(engine.submit(lambda name=name: order.append(name), left_s))
        while engine._turns.n_waiting < len(waiting):
            assert time.monotonic() < limit_s
            time.sleep(0.001)
    may_end.set()
    wait([blocker, *waiting], PATIENCE_S)
    engine.close()
    assert order == ["early", "middle", "late"]


def test_a_picture_whose_turn_comes_too_late_is_not_drawn() -> None:
    engine = make_engine(PlainRenderer())
    options = SessionOptions(SESSION_RATE_HZ, 25, False, Controls(), 0)
    renderer = FrameRenderer(engine, options)
    sound = np.full(SESSION_RATE_HZ, 1000, np.int16)

    def render(start_by_s: float, begins: bool) -> bytes | None:
        speech = SpeechOrder([sound] if begins else [], SESSION_RATE_HZ, begins, begins, 0, [])
        return renderer.render(RenderOrder(1.0, 1.0, speech), Mood(), start_by_s).rgb

    assert render(math.inf, begins=True) is not None
    assert render(-math.inf, begins=False) is None
    assert render(math.inf, begins=False) is not None
    engine.close()
