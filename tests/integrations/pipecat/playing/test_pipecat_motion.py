"""A face that the caller draws: motion in step with the voice, in messages, without pictures."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    TTSAudioRawFrame,
)
from pipecat_rig import PlainRenderer, Rig, running, staircase
from pipecat_vasa import VasaMotionService
from pipecat_vasa.playing.depiction import Showing
from pipecat_vasa.playing.motion_messages import MotionDepiction
from virtual_time import run_virtual

from vasa_avatar.browser import MOTION_BYTES, unpack_motion
from vasa_avatar.datatypes import FaceMotion

AUDIO_ONLY = {"video_out_enabled": False}
WIDE_MS = 60.0


@dataclass(frozen=True, slots=True)
class Row:
    """One frame's motion as the caller gets it."""

    came_ms: float
    at_ms: float
    ms: float
    generation: int
    is_speech: bool
    motion: FaceMotion


def messages(rig: Rig) -> list[tuple[float, dict[str, Any]]]:
    frames = ((t, f) for t, f in rig.after.down if isinstance(f, OutputTransportMessageUrgentFrame))
    told = [(t, f.message["data"]) for t, f in frames if f.message["type"] == "server-message"]
    return [(t, data) for t, data in told if data["type"].startswith("vasa-motion")]


def rows(rig: Rig) -> list[Row]:
    found = []
    for came_s, data in messages(rig):
        packed = base64.b64decode(data.get("rows", ""))
        for i in range(len(packed) // MOTION_BYTES):
            motion = unpack_motion(packed[MOTION_BYTES * i : MOTION_BYTES * (i + 1)])
            at_ms = data["at"] + i * data["ms"]
            found.append(
                Row(1000 * came_s, at_ms, data["ms"], data["g"], data.get("s") == 1, motion)
            )
    return found


def test_motion_belongs_to_its_sound_and_comes_before_it() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY) as rig:
            await rig.until(lambda: len(messages(rig)) > 3)
            await rig.speak(staircase(1.5), context="hello")
            await rig.until(lambda: rig.bot_stops() == 1)
        return rig

    rig = run_virtual(go())
    assert not rig.errors()
    assert not rig.after.frames(OutputImageRawFrame)
    spoken = [row for row in rows(rig) if row.is_speech]
    heard = rig.record.heard_at()
    assert len(spoken) == 38
    skews = [row.at_ms - 1000 * heard[4 * i + 1] for i, row in enumerate(spoken[:37])]
    assert np.abs(skews).max() < WIDE_MS
    assert all(row.came_ms < row.at_ms + row.ms for row in spoken), "never late"
    assert np.median([row.at_ms - row.came_ms for row in spoken[5:]]) > 50
    first = next(data for _, data in messages(rig) if data.get("s"))
    assert (first["ctx"], first["t0"]) == ("hello", 0)
    apart = np.diff([row.at_ms for row in spoken])
    assert np.allclose(apart, 40, atol=1.1)


def test_speech_that_is_there_leaves_in_fours_a_whole_lead_ahead() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY) as rig:
            await rig.until(lambda: len(messages(rig)) > 3)
            await rig.speak(staircase(2.0), chunk_s=0.2)
            await rig.until(lambda: rig.bot_stops() == 1)
        return rig

    rig = run_virtual(go())
    spoken = [data for _, data in messages(rig) if data.get("s")]
    counts = [len(base64.b64decode(data["rows"])) // MOTION_BYTES for data in spoken]
    assert sum(counts) == 50
    assert counts[0] == 1, "the first one at once"
    assert counts[3:-2] == [4] * len(counts[3:-2])
    assert min(data["lead"] for data in spoken[4:-1]) >= 159
    pieces = [f for f in rig.after.frames(TTSAudioRawFrame) if len(f.audio)]
    assert len(pieces) < 25


def test_motion_that_comes_late_follows_its_sound_until_its_time_is_over() -> None:
    slow = PlainRenderer()

    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY, renderer=slow) as rig:
            await rig.until(lambda: len(messages(rig)) > 3)
            slow.seconds = 0.19
            await rig.speak(staircase(4.0))
            await rig.until(lambda: rig.bot_stops() == 1)
            slow.seconds = 0.0
        return rig

    rig = run_virtual(go())
    spoken = [row for row in rows(rig) if row.is_speech]
    assert all(row.came_ms < row.at_ms + 4 * row.ms for row in spoken), "of use when it comes"
    assert any(row.came_ms > row.at_ms for row in spoken)
    stats = rig.avatar.stats
    assert stats.frames_shown == len(spoken) > 20
    assert stats.frames_shown + stats.frames_dropped == 100
    heard = rig.record.heard_at()
    times = np.array([heard[step] for step in range(1, 401)])
    assert np.diff(times).max() < 0.03, "the voice waits for nothing"


def test_the_line_itself_tells_where_it_is() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY) as rig:
            await rig.until(lambda: len(messages(rig)) > 3)
            await rig.speak(staircase(1.5))
            await rig.until(lambda: rig.bot_stops() == 1)
        return rig

    rig = run_virtual(go())
    spoken = [row for row in rows(rig) if row.is_speech]
    told, n_samples = [], 0
    for _, frame in rig.after.down:
        if isinstance(frame, OutputAudioRawFrame):
            n_samples += len(frame.audio) // 2
        elif isinstance(frame, OutputTransportMessageFrame):
            assert frame.message["label"] == "rtvi-ai" and frame.message["type"] == "server-message"
            told.append((n_samples, frame.message["data"]))
    assert [data["n"] for _, data in told] == [0, 1, 2, 3]
    places = [n_samples // 960 for n_samples, _ in told]
    assert places[0] == 0 and 8 <= np.diff(places).min() <= np.diff(places).max() <= 12
    for place, (_, data) in zip(places, told, strict=True):
        assert data["at"] == pytest.approx(spoken[place].at_ms, abs=1.1)


def test_it_lives_while_nobody_speaks_in_little_traffic() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY) as rig:
            await asyncio.sleep(4.0)
        return rig

    rig = run_virtual(go())
    idle = rows(rig)
    assert 90 <= len(idle) <= 104
    assert len({row.motion.breath for row in idle}) > 20
    told = [data for _, data in messages(rig)]
    envelope = {"label": "rtvi-ai", "type": "server-message"}
    sent = sum(len(json.dumps({**envelope, "data": data}, separators=(",", ":"))) for data in told)
    assert sent / 4.0 < 4_000


def test_barge_in_makes_older_motion_stale_and_closes_the_mouth() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY) as rig:
            await rig.until(lambda: len(messages(rig)) > 3)
            await rig.speak(staircase(4.0))
            await rig.until(lambda: rig.bot_starts() == 1)
            await asyncio.sleep(0.6)
            await rig.send(InterruptionFrame())
            await asyncio.sleep(0.6)
        return rig

    rig = run_virtual(go())
    kinds = [
        (type(frame).__name__, getattr(frame, "message", {}).get("data"))
        for _, frame in rig.after.down
        if isinstance(frame, InterruptionFrame | OutputTransportMessageUrgentFrame)
    ]
    barged = next(i for i, (kind, _) in enumerate(kinds) if kind == "InterruptionFrame")
    told = kinds[barged + 1][1]
    assert told == {"type": "vasa-motion-interrupted", "v": 1, "g": 1}
    after = [row for row in rows(rig) if row.generation == 1]
    assert len(after) > 8 and not any(row.is_speech for row in after)
    assert not [row for row in rows(rig)[-len(after) :] if row.generation == 0]


def test_a_video_track_is_advised_against_and_sound_is_needed() -> None:
    async def go(params: dict[str, Any]) -> Rig:
        async with running(shows=VasaMotionService, params=params, end=False) as rig:
            await asyncio.sleep(0.2)
        return rig

    assert not run_virtual(go({})).errors()
    errors = run_virtual(go({**AUDIO_ONLY, "audio_out_enabled": False})).errors()
    assert "nothing is heard" in errors[0].error


def test_a_failing_face_leaves_the_voice() -> None:
    async def go() -> Rig:
        async with running(shows=VasaMotionService, params=AUDIO_ONLY, end=False) as rig:
            session = rig.avatar._renderer
            assert session is not None
            session._depiction = _Broken()  # type: ignore[assignment]
            await rig.speak(staircase(1.0))
            await rig.until(lambda: rig.bot_stops() == 1)
        return rig

    rig = run_virtual(go())
    assert sum(len(piece.pcm) for piece in rig.record.heard if piece.pcm.any()) >= 24_000
    assert "still face" in rig.errors()[0].error


class _Broken(MotionDepiction):
    def depict(self, *_: object) -> bytes:
        raise RuntimeError("no motion today")


def test_what_is_late_is_not_sent() -> None:
    depiction = MotionDepiction()
    late = Showing(now_s=10.0, play_s=9.9, duration_s=0.04, offset_s=0.0)
    assert not _motion(depiction.frames(bytes(MOTION_BYTES), late))


def _motion(frames: list[Frame]) -> list[OutputTransportMessageUrgentFrame]:
    return [frame for frame in frames if isinstance(frame, OutputTransportMessageUrgentFrame)]


@pytest.mark.parametrize("gap_s", [0.04, 0.08])
def test_only_neighbours_share_a_message(gap_s: float) -> None:
    depiction = MotionDepiction()
    told = []
    for i in range(5):
        showing = Showing(now_s=0.0, play_s=1.0 + i * gap_s, duration_s=0.04, offset_s=i * gap_s)
        told += _motion(depiction.frames(bytes(MOTION_BYTES), showing))
    counts = [
        len(base64.b64decode(frame.message["data"]["rows"])) // MOTION_BYTES for frame in told
    ]
    assert counts == ([1, 4] if gap_s == 0.04 else [1, 1, 1, 1])


def test_motion_that_leaves_close_to_its_time_does_not_wait_for_more() -> None:
    depiction = MotionDepiction()
    counts = []
    for i in range(6):
        at_s = i * 0.04
        showing = Showing(at_s, play_s=at_s + 0.01, duration_s=0.04, offset_s=at_s)
        told = _motion(depiction.frames(bytes(MOTION_BYTES), showing))
        counts += [
            len(base64.b64decode(frame.message["data"]["rows"])) // MOTION_BYTES for frame in told
        ]
    assert counts == [1] * 6
