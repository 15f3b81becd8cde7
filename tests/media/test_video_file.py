"""Writing films: frame count and times exact, sound of the same length, pictures as they were."""

from __future__ import annotations

import wave
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vasa_avatar.datatypes import I16, U8
from vasa_avatar.errors import AudioError
from vasa_avatar.media import VideoFormat, open_sink, read_audio
from vasa_avatar.units import FrameClock

SIZE_PX = 64


def picture(index: int) -> U8:
    """A smooth colour picture that differs from frame to frame."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX].astype(np.float32) / SIZE_PX
    planes = [y * 200, x * 150 + 50, np.full_like(x, 20 + (index * 9) % 200)]
    return np.stack(planes, axis=2).astype(np.uint8)


def noise_like_speech(n: int) -> I16:
    rng = np.random.default_rng(5)
    smooth = np.convolve(rng.standard_normal(n + 15), np.ones(16) / 4, "valid")
    return np.asarray(smooth * 4000, np.int16)


def write_film(path: Path, rate_hz: int, fps: int, n_samples: int) -> I16:
    pcm = noise_like_speech(n_samples)
    clock = FrameClock(rate_hz, fps)
    with open_sink(path, VideoFormat(SIZE_PX, fps, rate_hz)) as sink:
        for index in range(clock.frames_for(n_samples)):
            first, end = clock.first_sample(index), clock.first_sample(index + 1)
            sink.write(picture(index), pcm[first:end])
    return pcm


@pytest.mark.parametrize("fps", [25, 40, 60])
@pytest.mark.parametrize("ending", ["mp4", "mov", "webm"])
def test_every_frame_is_there_at_its_time(tmp_path: Path, ending: str, fps: int) -> None:
    path = tmp_path / f"a.{ending}"
    write_film(path, 24_000, fps, 40_001)
    with av.open(str(path)) as container:
        times_s = [float(frame.time) for frame in container.decode(video=0)]
    assert len(times_s) == FrameClock(24_000, fps).frames_for(40_001)
    assert np.allclose(times_s, np.arange(len(times_s)) / fps, atol=0.6e-3)


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 24_000, 44_100, 48_000, 23_997])
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_sound_has_the_same_number_of_samples(tmp_path: Path, ending: str, rate_hz: int) -> None:
    path = tmp_path / f"a.{ending}"
    n_samples = int(rate_hz * 1.337) + 1
    pcm = write_film(path, rate_hz, 25, n_samples)
    sound = read_audio(path)
    assert (sound.sample_rate_hz, len(sound.pcm_i16)) == (rate_hz, n_samples)
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert stream.duration * stream.time_base * rate_hz == n_samples
    assert np.corrcoef(sound.pcm_i16, pcm)[0, 1] > (0.9 if ending == "mp4" else 0.999999)


@pytest.mark.parametrize("rate_hz", [24_000, 44_100])
def test_webm_sound_keeps_its_length_on_the_grid_of_opus(tmp_path: Path, rate_hz: int) -> None:
    path = tmp_path / "a.webm"
    write_film(path, rate_hz, 25, rate_hz + 77)
    sound = read_audio(path)
    expected = (rate_hz + 77) * sound.sample_rate_hz / rate_hz
    assert abs(len(sound.pcm_i16) - expected) <= 1


@pytest.mark.parametrize("ending", ["mp4", "webm"])
def test_pictures_and_colours_survive(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    write_film(path, 24_000, 25, 24_000)
    with av.open(str(path)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            assert cv2.PSNR(frame.to_ndarray(format="rgb24"), picture(index)) > 33


def test_the_file_says_that_it_is_synthetic(tmp_path: Path) -> None:
    write_film(tmp_path / "a.mp4", 24_000, 25, 4_000)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert "Synthetic media" in container.metadata["comment"]


def test_a_folder_gets_pngs_and_the_sound_bit_for_bit(tmp_path: Path) -> None:
    pcm = write_film(tmp_path / "frames", 22_050, 25, 5_000)
    names = sorted(path.name for path in (tmp_path / "frames").iterdir())
    assert names == ["audio.wav", *(f"frame_{i:06d}.png" for i in range(6))]
    third = cv2.imread(str(tmp_path / "frames" / "frame_000003.png"))
    assert third is not None
    assert np.array_equal(cv2.cvtColor(third, cv2.COLOR_BGR2RGB), picture(3))
    with wave.open(str(tmp_path / "frames" / "audio.wav")) as file:
        assert np.array_equal(np.frombuffer(file.readframes(9_999), "<i2"), pcm)


def test_a_silent_film_has_no_sound_track(tmp_path: Path) -> None:
    with open_sink(tmp_path / "a.mp4", VideoFormat(SIZE_PX, 30, None)) as sink:
        for index in range(7):
            sink.write(picture(index), np.zeros(0, np.int16))
    with pytest.raises(AudioError, match="holds no sound"):
        read_audio(tmp_path / "a.mp4")


def test_a_failure_leaves_no_half_made_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with (
        pytest.raises(RuntimeError, match="renderer"),
        open_sink(path, VideoFormat(SIZE_PX, 25, None)) as sink,
    ):
        sink.write(picture(0), np.zeros(0, np.int16))
        raise RuntimeError("the renderer failed")
    assert not path.exists()


def test_refusals_say_what_is_expected(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"a\.avi ends in \.avi; expected \.mp4"):
        open_sink(tmp_path / "a.avi", VideoFormat(SIZE_PX, 25, None))
    with pytest.raises(ValueError, match="frame size is 63; expected an even number"):
        VideoFormat(63, 25, None)
    with pytest.raises(AudioError, match="384000 Hz does not fit into mp4"):
        open_sink(tmp_path / "a.mp4", VideoFormat(SIZE_PX, 25, 384_000))
