"""What can go wrong: slow, failing and hanging renderers, wrong transport parameters. The voice
goes on in every case."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, ClassVar

import numpy as np
import pytest
from pipecat.frames.frames import OutputImageRawFrame, TTSAudioRawFrame
from pipecat.transports.base_transport import TransportParams
from pipecat_rig import PlainRenderer, Rig, StampedSession, make_engine, running, staircase
from pipecat_vasa import VasaUpdateSettingsFrame, VasaVideoSettings
from pipecat_vasa.playing import render_ahead
from pipecat_vasa.playing.transport_check import avatar_transport_params, problems_of
from virtual_time import run_virtual

WIDE_S = 0.6


async def speak(renderer: PlainRenderer, seconds: float = 2.0) -> Rig:
    async with running(renderer=renderer) as rig:
        await rig.until(lambda: bool(rig.record.seen))
        await rig.speak(staircase(seconds))
        await rig.until(lambda: rig.bot_stops() == 1)
    return rig


def longest_gap_s(rig: Rig) -> float:
    voice = [piece for piece in rig.record.heard if piece.pcm.any()]
    ends = [piece.at_s + len(piece.pcm) / 24_000 for piece in voice]
    return max(b.at_s - end for b, end in zip(voice[1:], ends, strict=False))


def sent(rig: Rig) -> bytes:
    return b"".join(frame.audio for frame in rig.after.frames(TTSAudioRawFrame))


def test_a_slow_renderer_costs_pictures_not_speech() -> None:
    renderer = PlainRenderer()
    renderer.seconds = 0.08  # half of real time at 25 fps
    rig = run_virtual(speak(renderer))
    stats = rig.avatar.stats
    assert sent(rig) == staircase(2.0).tobytes()
    assert longest_gap_s(rig) < WIDE_S
    assert stats.frames_shown + stats.frames_dropped == 50
    assert stats.frames_dropped >= 15 and stats.frames_shown >= 3
    assert abs(float(np.median(rig.record.skews_ms()))) < 100
    assert stats.render_ms_p50 > 75


def test_a_failing_renderer_leaves_the_voice_and_a_still_portrait() -> None:
    renderer = PlainRenderer()
    renderer.fails_from = 20
    rig = run_virtual(speak(renderer))
    assert sent(rig) == staircase(2.0).tobytes()
    assert longest_gap_s(rig) < WIDE_S
    errors = rig.errors()
    assert len(errors) == 1 and "on fire" in errors[0].error
    assert not rig.avatar.is_usable
    assert rig.avatar.stats.frames_failed == render_ahead.MAX_FAILURES
    last = rig.after.frames(OutputImageRawFrame)[-1]
    assert last.image == make_still()


def make_still() -> bytes:
    engine = make_engine(PlainRenderer())
    engine.close()
    return engine.still_rgb


def test_one_failed_frame_is_only_counted() -> None:
    class Hiccup(PlainRenderer):
        def render(self, motion: Any, out: Any = None) -> Any:
            self.fails_from = self.n_drawn + 1 if self.n_drawn in (15, 30) else None
            return super().render(motion, out)

    rig = run_virtual(speak(Hiccup()))
    assert rig.avatar.is_usable and not rig.errors()
    assert rig.avatar.stats.frames_failed == 2
    assert len(rig.record.first_shown()) > 25
    assert abs(float(np.median(rig.record.skews_ms()))) < 60


class Hanging(PlainRenderer):
    """Hangs once, at its twentieth picture, until it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.is_over = threading.Event()
        self.has_hung = False

    def render(self, motion: Any, out: Any = None) -> Any:
        if self.n_drawn == 20 and not self.has_hung:
            self.has_hung = True
            assert self.is_over.wait(20)
        return super().render(motion, out)


class Counted(StampedSession):
    """Tells how many calls were inside one session at the same time."""

    opened: ClassVar[list[Counted]] = []

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.inside, self.most_inside = 0, 0
        self.opened.append(self)

    def render(self, frame: Any, out: Any = None) -> Any:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            return super().render(frame, out)
        finally:
            self.inside -= 1


def test_a_hung_renderer_keeps_its_session_to_itself_and_the_picture_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In real time, with real threads."""
    monkeypatch.setattr(render_ahead, "HANG_S", 0.4)
    monkeypatch.setattr(Counted, "opened", [])
    renderer = Hanging()
    engine = make_engine(renderer, session=Counted)

    async def go() -> Rig:
        async with running(renderer=renderer, engine=engine) as rig:
            await rig.until(lambda: bool(rig.record.seen))
            await rig.speak(staircase(2.0))
            await rig.until(lambda: not rig.avatar.is_usable)
            delta = VasaVideoSettings(emotion="happy")
            await rig.send(VasaUpdateSettingsFrame(delta=delta))
            shown, idle = rig.avatar.stats.frames_shown, rig.avatar.stats.frames_idle
            await rig.until(lambda: rig.avatar.stats.frames_shown > shown + 5)
            await rig.until(lambda: rig.avatar.stats.frames_idle > idle + 3)
            await rig.until(lambda: rig.bot_stops() == 1)  # no voice waits for what hangs
            renderer.is_over.set()  # the old call goes on in the session that was left to it
            await asyncio.sleep(0.1)
            await rig.speak(staircase(0.4), context="two")
            await rig.until(lambda: rig.bot_stops() == 2)
        return rig

    try:
        rig = asyncio.run(go())
    finally:
        renderer.is_over.set()
        engine.close()
    assert [error for error in rig.errors() if "took more than" in error.error]
    assert sent(rig) == staircase(2.0).tobytes() + staircase(0.4).tobytes()
    hung, fresh = Counted.opened[-2:]
    assert hung.most_inside == fresh.most_inside == 1
    assert rig.avatar.stats.frames_shown >= 20


def test_new_settings_bring_it_back() -> None:
    async def go() -> Rig:
        renderer = PlainRenderer()
        async with running(renderer=renderer) as rig:
            await rig.until(lambda: bool(rig.record.seen))
            renderer.fails_from = 1
            await rig.until(lambda: not rig.avatar.is_usable)
            renderer.fails_from = None
            delta = VasaVideoSettings(emotion="happy")
            await rig.send(VasaUpdateSettingsFrame(delta=delta))
            await rig.until(lambda: rig.avatar.is_usable)
            before = rig.avatar.stats.frames_idle
            await rig.until(lambda: rig.avatar.stats.frames_idle > before + 3)
        return rig

    run_virtual(go())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"video_out_is_live": True}, "video_out_is_live is True"),
        ({"video_out_enabled": False}, "video_out_enabled is False"),
        ({"audio_out_enabled": False}, "audio_out_enabled is False"),
        ({"video_out_color_format": "BGR"}, "video_out_color_format is 'BGR'"),
    ],
)
def test_a_transport_that_cannot_show_it_is_reported(change: dict[str, Any], message: str) -> None:
    async def go() -> Rig:
        async with running(params=change) as rig:
            await asyncio.sleep(0.05)
        return rig

    errors = run_virtual(go()).errors()
    assert [error for error in errors if message in error.error]


def test_lesser_problems_are_told() -> None:
    engine = make_engine(PlainRenderer())
    good = avatar_transport_params(engine)
    engine.close()
    assert problems_of(TransportParams(**good), engine.size_px) == ([], [])
    other = {**good, "video_out_width": 64, "video_out_framerate": 25, "audio_out_10ms_chunks": 10}
    fatal, lesser = problems_of(TransportParams(**other), engine.size_px)
    assert not fatal
    assert [text.split(";")[0].split(":")[0] for text in lesser] == [
        "the video is 64x32 and the avatar 32x32",
        "video_out_framerate is 25",
        "audio_out_10ms_chunks is 10",
    ]
