"""Pictures to bytes and back."""

from __future__ import annotations

from typing import Any

import av
import cv2
import numpy as np
import pytest
from vasa_server.show import encode
from vasa_server.show.encode import EncoderError, make_encoder

from vasa_avatar.datatypes import U8


def _scene(shift: int) -> U8:
    y, x = np.mgrid[0:128, 0:128]
    red = 128 + 100 * np.sin((x + shift) / 20)
    return np.stack([red, y * 2.0, np.full_like(red, 60)], axis=-1).clip(0, 255).astype(np.uint8)


def test_a_jpeg_has_the_right_colours() -> None:
    scene = _scene(0)
    picture = make_encoder("jpeg", 128, 25, 90).encode(scene)
    assert picture.is_key
    back = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture.data, np.uint8), 1), cv2.COLOR_BGR2RGB)
    assert np.abs(back.astype(int) - scene).mean() < 4


def test_each_h264_picture_comes_out_at_once_and_decodes() -> None:
    encoder = make_encoder("h264", 128, 25, 80)
    decoder = av.codec.CodecContext.create("h264", "r")
    keys = []
    pictures = []
    for number in range(12):
        if number == 7:
            encoder.request_key()
        picture = encoder.encode(_scene(number * 4))
        keys.append(picture.is_key)
        assert picture.data[:4] == b"\x00\x00\x00\x01"
        pictures += decoder.decode(av.Packet(picture.data))
    pictures += decoder.decode(None)
    encoder.close()
    assert [number for number, is_key in enumerate(keys) if is_key] == [0, 7]
    assert len(pictures) == 12
    last = pictures[-1].to_ndarray(format="rgb24")
    assert np.abs(last.astype(int) - _scene(44)).mean() < 8


def test_a_card_encodes_where_there_is_one_and_libx264_elsewhere(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []
    create = encode._h264_context

    def note(av: Any, codec: str, *rest: Any) -> Any:
        tried.append(codec)
        return create(av, codec, *rest)

    monkeypatch.setattr(encode, "_h264_context", note)
    monkeypatch.setenv("VASA_DEVICE", "cuda")
    encoder = make_encoder("h264", 256, 25, 80)
    assert encoder.encode(np.zeros((256, 256, 3), np.uint8)).is_key
    encoder.close()
    assert tried in (["h264_nvenc"], ["h264_nvenc", "libx264"])
    assert ("libx264 does" in caplog.text) == (len(tried) == 2)
    monkeypatch.setenv("VASA_DEVICE", "auto")
    make_encoder("h264", 256, 25, 80).close()
    assert tried[-1] == "libx264"


def test_h264_starts_in_the_middle_at_a_key_picture() -> None:
    encoder = make_encoder("h264", 128, 25, 80)
    data = [encoder.encode(_scene(number)).data for number in range(5)]
    encoder.request_key()
    data += [encoder.encode(_scene(number)).data for number in range(5, 8)]
    decoder = av.codec.CodecContext.create("h264", "r")
    pictures = []
    for item in data[5:]:
        pictures += decoder.decode(av.Packet(item))
    pictures += decoder.decode(None)
    assert len(pictures) == 3


def test_an_odd_size_is_refused_for_h264() -> None:
    with pytest.raises(EncoderError, match="even"):
        make_encoder("h264", 129, 25, 80)
