"""`vasa-avatar render`, `sheet`, `demo`, `bench`: real films of a shipped character."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vasa_avatar.cli import bench, main
from vasa_avatar.datatypes import ARKIT_INDEX, U8
from vasa_avatar.media import VideoFormat, open_sink, read_audio
from vasa_avatar.motion import load_motion
from vasa_avatar.units import FrameClock

SMALL = ["--profile", "iris", "--size", "256"]


def pictures(path: Path) -> list[U8]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a short film, its motion and its sound."""
    folder = tmp_path_factory.mktemp("spoken")
    words = ["--text", "Papa, bring me the map of Moscow.", "--motion-out", str(folder / "m.npz")]
    assert main(["render", *SMALL, *words, "--out", str(folder / "o.mp4")]) == 0
    return folder


def test_a_text_becomes_a_film_with_exactly_its_frames_and_sound(spoken: Path) -> None:
    sound = read_audio(spoken / "o.mp4")
    clock = FrameClock(sound.sample_rate_hz, 25)
    assert sound.sample_rate_hz == 24_000
    assert 1.0 < sound.duration_s < 6.0
    film = pictures(spoken / "o.mp4")
    assert len(film) == clock.frames_for(len(sound.pcm_i16))
    assert film[0].shape == (256, 256, 3)


def test_the_face_in_the_film_moves_and_its_motion_is_saved(spoken: Path) -> None:
    clip = load_motion(spoken / "m.npz")
    film = pictures(spoken / "o.mp4")
    assert (len(clip), clip.fps) == (len(film), 25)
    jaw = clip.expression[:, ARKIT_INDEX["jawOpen"]]
    assert jaw.max() - jaw.min() > 0.1
    still = np.abs(film[len(film) // 2].astype(int) - film[0]).mean()
    assert still > 0.5


def test_the_same_seed_gives_the_same_motion(spoken: Path, tmp_path: Path) -> None:
    words = ["--audio", str(spoken / "o.mp4"), "--out", str(tmp_path / "a")]
    motions = []
    for seed in ("5", "5", "6"):
        out = ["--motion-out", str(tmp_path / "m.npz"), "--seed", seed]
        assert main(["render", *SMALL, *words, *out]) == 0
        motions.append(load_motion(tmp_path / "m.npz"))
    assert np.array_equal(motions[0].expression, motions[1].expression)
    assert np.array_equal(motions[0].head_rotation_rad, motions[1].head_rotation_rad)
    assert not np.array_equal(motions[0].head_rotation_rad, motions[2].head_rotation_rad)


def test_a_motion_file_drives_the_face_at_another_rate_with_sound(
    spoken: Path, tmp_path: Path
) -> None:
    out = tmp_path / "frames"
    words = ["--motion", str(spoken / "m.npz"), "--audio", str(spoken / "o.mp4"), "--fps", "50"]
    assert main(["render", *SMALL, *words, "--out", str(out)]) == 0
    sound = read_audio(spoken / "o.mp4")
    n_frames = FrameClock(sound.sample_rate_hz, 50).frames_for(len(sound.pcm_i16))
    drawn = sorted(out.glob("frame_*.png"))
    assert abs(len(drawn) - n_frames) <= 1
    assert np.array_equal(read_audio(out / "audio.wav").pcm_i16, sound.pcm_i16)
    first = cv2.imread(str(drawn[0]))
    assert first is not None
    in_film = pictures(spoken / "o.mp4")[0]
    assert cv2.PSNR(cv2.cvtColor(first, cv2.COLOR_BGR2RGB), in_film) > 30


def test_controls_are_seen(tmp_path: Path) -> None:
    words = [
        "--text",
        "I would like to hear all of it, from its beginning to its end.",
        "--out",
        str(tmp_path / "o.webm"),
        "--fps",
        "40",
    ]
    moved = ["--motion-out", str(tmp_path / "m.npz"), "--gaze", "0,15", "--head-distance", "1.2"]
    assert main(["render", *SMALL, *words, *moved, "--emotion", "happy:0.9"]) == 0
    clip = load_motion(tmp_path / "m.npz")
    aside = np.abs(np.degrees(clip.gaze_rad[:, 1]) - 15) < 3
    assert aside.mean() > 0.2, "the eyes come back to where they are told to look"
    assert np.median(clip.head_translation[:, 2]) == pytest.approx(0.2, abs=0.05)
    assert np.median(clip.expression[:, ARKIT_INDEX["mouthSmileLeft"]]) > 0.2


def test_sound_of_a_film_with_two_channels_is_accepted(tmp_path: Path) -> None:
    pcm = np.zeros(30_000, np.int16)
    with open_sink(tmp_path / "in.mov", VideoFormat(64, 25, 44_100)) as sink:
        for first in range(0, len(pcm), 1764):
            sink.write(np.zeros((64, 64, 3), np.uint8), pcm[first : first + 1764])
    words = ["--audio", str(tmp_path / "in.mov"), "--out", str(tmp_path / "o.mov")]
    assert main(["render", *SMALL, *words]) == 0
    assert np.array_equal(read_audio(tmp_path / "o.mov").pcm_i16, pcm)


def test_a_failing_renderer_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no room left")

    monkeypatch.setattr("vasa_avatar.media.video_file.VideoFile.write", broken)
    words = ["--text", "Hello there, my friend.", "--out", str(tmp_path / "o.mp4")]
    assert main(["render", *SMALL, *words]) == 1
    assert "no room left" in capsys.readouterr().err
    assert not (tmp_path / "o.mp4").exists()


def test_the_sheet_shows_every_tile(tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    assert main(["sheet", *SMALL, "--out", str(out)]) == 0
    picture = cv2.imread(str(out))
    assert picture is not None
    assert picture.shape[1] == 8 * 256
    assert picture.std() > 20


def test_the_demo_writes_ten_seconds_of_speech(tmp_path: Path) -> None:
    out = tmp_path / "demo.mp4"
    assert main(["demo", "--headless", "--out", str(out)]) == 0
    assert read_audio(out).duration_s > 10
    assert np.abs(read_audio(out).pcm_i16).max() > 3_000


def test_bench_prints_one_flat_object(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "_TEXT", "Please call Stella.")  # shorter, but all is measured
    monkeypatch.setattr(bench, "_CROWD_S", 0.5)
    assert main(["bench", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert list(figures) == [
        "render_ms", "engine_ms", "remap_ms", "encode_ms", "first_frame_audio_ms",
        "first_frame_compute_ms", "bake_s", "sessions_25fps",
    ]  # fmt: skip
    assert figures.pop("sessions_25fps") >= 0  # none, on a machine that has other things to do
    assert all(value > 0 for value in figures.values())
    assert figures["first_frame_audio_ms"] <= 80
