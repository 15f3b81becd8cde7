"""The wire: JSON messages and binary media survive the trip, and nothing else gets through."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vasa_server.protocol import messages as m
from vasa_server.protocol.media import (
    CODEC_JPEG,
    CODEC_MOTION,
    FLAG_KEY,
    PICTURE,
    BadMedia,
    MediaPacket,
    frames_of,
    pack_media,
    pack_speech,
    unpack_media,
    unpack_speech,
)

from vasa_avatar.controls import CONTROLS
from vasa_avatar.datatypes import EMOTIONS, Controls, Emotion

README = Path(__file__).parents[4] / "integrations" / "server" / "README.md"


def _readme_messages() -> list[dict[str, object]]:
    blocks = re.findall(r"```json\n(.*?)```", README.read_text(), re.S)
    return [json.loads(line) for block in blocks for line in block.splitlines()]


def test_every_message_in_the_readme_is_of_the_protocol() -> None:
    seen = set()
    for message in _readme_messages():
        text = json.dumps(message)
        try:
            parsed: m.Message = m.parse_request(text)
        except m.BadMessage:
            parsed = m.parse_reply(text)
        seen.add(parsed.model_dump()["type"])
    assert {"open", "say", "interrupt", "welcome", "opened", "sentence", "error"} <= seen


def test_a_request_comes_back_as_it_was_sent() -> None:
    sent = m.Open(id=7, character="ada", fps=30, controls=m.ControlSettings(head_distance=1.2))
    assert m.parse_request(m.to_json(sent)) == sent


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "JSON"),
        ("[1]", "object"),
        ('{"type": "dance"}', "dance"),
        ('{"type": "say"}', "say.text"),
        ('{"type": "say", "text": "x", "txet": "y"}', "say.txet"),
        ('{"type": "open", "character": "a", "sample_rate_hz": 1}', "sample_rate_hz"),
        ('{"type": "set_controls", "controls": {"lip_gain": NaN}}', "lip_gain"),
        ('{"type": "set_controls", "controls": {"gaze_yaw_deg": 1e999}}', "gaze_yaw_deg"),
        ('{"type": "playhead", "sample": -1}', "sample"),
        ("[" * 5000, "recursion"),
    ],
)
def test_what_is_wrong_is_said(text: str, part: str) -> None:
    with pytest.raises(m.BadMessage, match=re.escape(part)):
        m.parse_request(text)


def test_a_control_of_a_newer_server_is_ignored() -> None:
    text = '{"type": "controls", "controls": {"lip_gain": 1.5, "ear_gain": 2}}'
    assert m.parse_reply(text) == m.ControlsSet(controls=m.ControlSettings(lip_gain=1.5))
    with pytest.raises(m.BadMessage, match="ear_gain"):
        m.parse_request(text.replace('"controls",', '"set_controls",', 1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"type": "say", "id": 7}', 7),
        ('{"type": "dance", "id": 7}', 7),
        ('{"type": "say", "id": "7x"}', None),
        ('{"type": "say"}', None),
        ("7", None),
        ('{"id": 7', None),
    ],
)
def test_a_refusal_names_the_request(text: str, expected: int | None) -> None:
    with pytest.raises(m.BadMessage) as refused:
        m.parse_request(text)
    assert refused.value.reply_to == expected


@given(st.text(max_size=300))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        m.parse_request(text)
    except m.BadMessage:
        pass


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    ),
    st.sampled_from(["open", "say", "set_controls", "playhead", "close"]),
)
def test_no_json_breaks_the_parser(value: object, kind: str) -> None:
    body = value if isinstance(value, dict) else {"controls": value}
    try:
        m.parse_request(json.dumps({**body, "type": kind}))
    except m.BadMessage:
        pass


def test_controls_change_only_what_is_given() -> None:
    base = Controls(gaze_yaw_rad=0.1, lip_gain=1.5)
    settings = m.ControlSettings(gaze_pitch_deg=10.0, emotions={"happy": 0.4})
    changed = settings.applied_to(base)
    assert changed.gaze_yaw_rad == 0.1
    assert changed.lip_gain == 1.5
    assert changed.gaze_pitch_rad == pytest.approx(math.radians(10))
    assert changed.emotions == (Emotion("happy", 0.4),)
    assert m.ControlSettings.of(changed).gaze_pitch_deg == pytest.approx(10.0)


def test_controls_beyond_the_face_are_refused() -> None:
    with pytest.raises(m.BadMessage, match="head_yaw_deg is 44; expected -25 to 25 degrees"):
        m.parse_request('{"type": "set_controls", "controls": {"head_yaw_deg": 44}}')
    with pytest.raises(m.BadMessage, match="emotion is 'joy'; expected one of neutral"):
        m.parse_request('{"type": "set_controls", "controls": {"emotions": {"joy": 1}}}')


def test_the_welcome_tells_every_control_and_its_limits() -> None:
    sent = m.Welcome(
        server="s", characters=(), emotions=EMOTIONS, codecs=("jpeg",), fps=(25,), voice=True,
        max_text_chars=1, max_message_bytes=1, max_pending_speech_s=1.0,
    )  # fmt: skip
    raw = json.loads(m.to_json(sent))
    assert [spec["name"] for spec in raw["controls"]] == [spec.name for spec in CONTROLS]
    assert raw["controls"][1] == dataclasses.asdict(CONTROLS[1])
    assert raw["emotion_strength"]["high"] == 1.0
    assert m.parse_reply(m.to_json(sent)) == sent


@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**63),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=64),
)
def test_media_comes_back_as_it_was_sent(
    generation: int, sample: int, samples: int, payload: bytes
) -> None:
    sent = MediaPacket(PICTURE, CODEC_JPEG, FLAG_KEY, generation, sample, samples, 5, payload)
    got = unpack_media(pack_media(sent))
    assert (got.generation, got.sample, got.samples, got.payload) == (
        generation,
        sample,
        samples,
        payload,
    )
    assert got.is_key
    assert not got.is_speech


def test_speech_comes_back_as_it_was_sent() -> None:
    pcm = np.array([0, 1, -1, 32767, -32768], np.int16)
    got = unpack_speech(pack_speech(pcm, 44_100, is_flush=True))
    assert np.array_equal(got.pcm_i16, pcm)
    assert (got.sample_rate_hz, got.is_flush) == (44_100, True)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (b"", "header"),
        (b"\x01\x00\x00", "header"),
        (b"\x02\x00\x00\x00\xc0\x5d\x00\x00", "kind 2"),
        (b"\x01\x00\x01\x00\xc0\x5d\x00\x00", "codec 1"),
        (b"\x01\x00\x00\x00\x01\x00\x00\x00", "1 Hz"),
        (b"\x01\x00\x00\x00\xc0\x5d\x00\x00\x00", "odd"),
        (b"\x01\x80\x00\x00\xc0\x5d\x00\x00", "flags 128"),
    ],
)
def test_wrong_speech_is_refused(data: bytes, part: str) -> None:
    with pytest.raises(BadMedia, match=part):
        unpack_speech(data)


@given(st.binary(max_size=64))
def test_no_bytes_break_the_readers(data: bytes) -> None:
    for read in (unpack_speech, unpack_media):
        try:
            read(data)
        except BadMedia:
            pass


def test_a_client_bears_what_a_newer_server_adds() -> None:
    closed = m.parse_reply('{"type": "closed", "reason": "x", "colour": "blue"}')
    assert closed == m.Closed(reason="x")
    with pytest.raises(m.UnknownType):
        m.parse_reply('{"type": "weather"}')


def test_motion_of_no_whole_number_of_frames_is_refused() -> None:
    packet = MediaPacket(PICTURE, CODEC_MOTION, FLAG_KEY, 0, 0, 960, 0, b"m" * 139)
    with pytest.raises(BadMedia, match="139 bytes"):
        frames_of(packet)
