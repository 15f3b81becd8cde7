"""Reading sound: bit-exact where it can be, averaged channels, own rate, clear refusals."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import numpy as np
import pytest

from vasa_avatar.datatypes import I16
from vasa_avatar.errors import AudioError
from vasa_avatar.media import read_audio


def tone(rate_hz: int, seconds: float, hz: float = 300.0) -> I16:
    t = np.arange(int(rate_hz * seconds)) / rate_hz
    return np.round(9000 * np.sin(2 * np.pi * hz * t)).astype(np.int16)


def write_wav(path: Path, channels: list[I16], rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.stack(channels, axis=1).astype("<i2").tobytes())
    return path


def write_compressed(path: Path, codec: str, pcm: I16, rate_hz: int) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz)
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout="mono")
        frame.sample_rate = rate_hz
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 96_000])
def test_a_mono_16_bit_file_comes_back_bit_for_bit(tmp_path: Path, rate_hz: int) -> None:
    pcm = np.random.default_rng(1).integers(-32768, 32768, rate_hz // 2).astype(np.int16)
    sound = read_audio(write_wav(tmp_path / "a.wav", [pcm], rate_hz))
    assert sound.sample_rate_hz == rate_hz
    assert np.array_equal(sound.pcm_i16, pcm)
    assert sound.duration_s == pytest.approx(0.5)


def test_channels_are_averaged(tmp_path: Path) -> None:
    left, right = tone(16_000, 0.3), tone(16_000, 0.3, 500)
    sound = read_audio(write_wav(tmp_path / "a.wav", [left, right], 16_000))
    expected = (left.astype(int) + right) / 2
    assert np.abs(sound.pcm_i16 - expected).max() <= 0.5


@pytest.mark.parametrize(("codec", "ending"), [("flac", "flac"), ("libmp3lame", "mp3")])
def test_compressed_files_keep_their_sound(tmp_path: Path, codec: str, ending: str) -> None:
    pcm = tone(44_100, 0.8)
    sound = read_audio(write_compressed(tmp_path / f"a.{ending}", codec, pcm, 44_100))
    n = min(len(pcm), len(sound.pcm_i16))
    assert abs(len(sound.pcm_i16) - len(pcm)) <= (0 if codec == "flac" else 1152)
    middle = slice(2000, n - 2000)
    assert np.corrcoef(sound.pcm_i16[middle], pcm[middle])[0, 1] > 0.999


def test_a_cut_off_file_gives_what_is_there(tmp_path: Path) -> None:
    pcm = np.random.default_rng(2).integers(-9000, 9000, 32_000).astype(np.int16)
    whole = write_compressed(tmp_path / "a.flac", "flac", pcm, 16_000)
    cut = tmp_path / "cut.flac"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert 8_000 < len(read_audio(cut).pcm_i16) < 32_000


def test_refusals_name_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="there is no audio file .*nowhere.wav"):
        read_audio(tmp_path / "nowhere.wav")
    text = tmp_path / "notes.wav"
    text.write_text("this is not sound " * 50)
    with pytest.raises(AudioError, match="notes.wav cannot be read as sound"):
        read_audio(text)
    with pytest.raises(AudioError, match="empty.wav holds no samples"):
        read_audio(write_wav(tmp_path / "empty.wav", [np.zeros(0, np.int16)], 16_000))
    with pytest.raises(AudioError, match="sample rate is 2000 Hz; expected 4000"):
        read_audio(write_wav(tmp_path / "slow.wav", [tone(2_000, 1.0, 50)], 2_000))


def test_a_silent_film_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with pytest.raises(AudioError, match="holds no sound"):
        read_audio(tmp_path / "v.mp4")
