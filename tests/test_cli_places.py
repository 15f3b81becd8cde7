"""Where commands read and write: inputs are never replaced, pipes work or are refused by name."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from sounds import speech_like
from timed_films import Track, write_timed

from vasa_avatar.cli import main
from vasa_avatar.datatypes import K, MotionClip
from vasa_avatar.media import read_audio
from vasa_avatar.motion import load_motion, save_motion
from vasa_avatar.profiles import load_profile

SMALL = ["--profile", "iris", "--size", "256"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with half a second of sound and three rows of motion."""
    monkeypatch.chdir(tmp_path)
    pcm = speech_like(0.5, 16_000)
    write_timed(tmp_path / "a.wav", [Track("pcm_s16le", 16_000, [(0.0, pcm)])])
    (tmp_path / "a.wav").rename("a.mov")  # any ending does for reading
    rows = np.zeros((3, 3), np.float32)
    save_motion(MotionClip(25.0, np.zeros((3, K), np.float32), rows, rows, rows[:, :2]), "m.npz")
    return tmp_path


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    text = capsys.readouterr().err
    assert text.startswith("vasa-avatar: ") and text.count("\n") == 1
    return text


@pytest.mark.parametrize("out", ["a.mov", "./a.mov", "link.mov", "hard.mov", "sub/../a.mov"])
def test_the_sound_is_not_replaced_by_the_film(
    folder: Path, capsys: pytest.CaptureFixture[str], out: str
) -> None:
    Path("sub").mkdir()
    Path("link.mov").symlink_to("a.mov")
    Path("hard.mov").hardlink_to("a.mov")
    before = Path("a.mov").read_bytes()
    assert main(["render", *SMALL, "--audio", "a.mov", "--out", out]) == 2
    assert f"--out {out} would replace --audio a.mov, which is read" in refusal(capsys)
    assert Path("a.mov").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["render", *SMALL, "--motion", "m.npz", "--out", "o.mp4", "--motion-out", "./m.npz"],
         "--motion-out ./m.npz would replace --motion m.npz"),
        (["render", *SMALL, "--motion", "m.npz", "--out", "o.mp4", "--motion-out", "./o.mp4"],
         "--motion-out ./o.mp4 and --out o.mp4 are the same file"),
        (["track", "a.mov", "--out", "a.mov"], "--out a.mov would replace the film a.mov"),
        (["track", "a.mov", "--out", "n.npz", "--portrait-out", "n.npz"],
         "--portrait-out n.npz and --out n.npz are the same file"),
        (["sheet", "--portrait", "p.png", "--out", "p.png"], "--out p.png would replace"),
        (["render", *SMALL, "--audio", "a.mov", "--out", "-"], "--out is -, the standard output"),
        (["render", *SMALL, "--audio", "a.mov", "--out", ""], "--out is empty"),
        (["sheet", *SMALL, "--out", "-"], "--out is -, the standard output"),
        (["render", *SMALL, "--audio", "-", "--motion", "-", "--out", "o.mp4"],
         "--audio and --motion are -; only one of them can be"),
        (["render", *SMALL, "--audio", "/dev/null", "--out", "o.mp4"],
         "--audio /dev/null is a device"),
        (["track", "a.mov", "--out", "n.npz", "--portrait-out", "n.bmp"],
         "--portrait-out is n.bmp; expected a name ending in .png"),
    ],
)  # fmt: skip
def test_wrong_places_are_refused_before_any_work(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    Path("p.png").write_bytes(b"a picture")
    before = names(folder)
    assert main(words) == 2
    assert complaint in refusal(capsys)
    assert names(folder) == before


@pytest.mark.parametrize("name", ["own", "own/profile.yaml"])
def test_a_characters_own_files_are_not_replaced(
    folder: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    shutil.copytree(load_profile("iris").portrait.parent, "own")
    for kept in ("own/avatar.npz", "own/profile.yaml"):
        before = Path(kept).read_bytes()
        words = ["--profile", name, "--motion", "m.npz", "--out", "o.mp4", "--motion-out", kept]
        assert main(["render", *words]) == 2
        assert "would replace the character's" in refusal(capsys)
        assert Path(kept).read_bytes() == before


def test_the_sound_of_a_folder_of_pictures_is_not_replaced_by_its_film(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["render", *SMALL, "--audio", "a.mov", "--out", "frames"]) == 0
    before = {file.name: file.read_bytes() for file in Path("frames").iterdir()}
    capsys.readouterr()
    assert main(["render", *SMALL, "--audio", "frames/audio.wav", "--out", "frames"]) == 2
    assert "--out frames would replace --audio frames/audio.wav" in refusal(capsys)
    assert {file.name: file.read_bytes() for file in Path("frames").iterdir()} == before


@pytest.mark.parametrize(
    ("out", "complaint"),
    [("taken.mp4", "taken.mp4: is a folder"), ("pipe.mp4", "pipe.mp4: is a pipe or a device"),
     ("a.mov/o.mp4", "a.mov/o.mp4: Not a directory"), ("m.npz", "m.npz ends in .npz"),
     ("file", "file is not a folder; expected")],
)  # fmt: skip
def test_what_is_in_the_way_is_named_before_any_work(
    folder: Path, capsys: pytest.CaptureFixture[str], out: str, complaint: str
) -> None:
    Path("taken.mp4").mkdir()
    Path("file").write_bytes(b"mine")
    os.mkfifo("pipe.mp4")
    assert main(["render", *SMALL, "--audio", "nowhere.wav", "--out", out]) in (1, 2)
    assert complaint in refusal(capsys)


def test_sound_and_motion_come_through_pipes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = read_audio("a.mov")
    standard = io.TextIOWrapper(io.BytesIO(Path("a.mov").read_bytes()))
    monkeypatch.setattr(sys, "stdin", standard)
    os.mkfifo("pipe")
    writer = threading.Thread(target=Path("pipe").write_bytes, args=(Path("m.npz").read_bytes(),))
    writer.start()
    words = ["--audio", "-", "--motion", "pipe", "--out", "o.mov", "--motion-out", "n.npz"]
    assert main(["render", *SMALL, *words]) == 0
    writer.join()
    assert np.array_equal(read_audio("o.mov").pcm_i16, sound.pcm_i16)
    assert len(load_motion("n.npz")) == 13


def test_nothing_piped_in_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["render", *SMALL, "--audio", "-", "--out", "o.mp4"]) == 2
    assert "--audio is -, but nothing is piped in" in refusal(capsys)


@pytest.mark.parametrize("name", ["2026-01-26T20:57:04Z", "12:30", "-o", "pipe:1", "a%d", "-"])
def test_names_that_ffmpeg_reads_otherwise_are_only_names(folder: Path, name: str) -> None:
    Path(f"{name}.wav").write_bytes(Path("a.mov").read_bytes())
    words = [f"--audio=./{name}.wav", f"--out=./{name}.mov", f"--motion-out=./{name}.npz"]
    assert main(["render", *SMALL, *words]) == 0
    assert len(read_audio(f"{name}.mov").pcm_i16) == 8_000
    assert len(load_motion(f"{name}.npz")) == 13


def test_a_name_that_looks_like_an_option_is_explained(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in (["render", "--audio", "-a.wav"], ["track", "-v.mp4", "--out", "m.npz"]):
        with pytest.raises(SystemExit) as end:
            main(words)
        assert end.value.code == 2
        assert "a file whose name begins with - is given as ./-name" in capsys.readouterr().err


def test_profile_bake_does_not_write_over_the_portrait(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped = load_profile("iris")
    text = (shipped.portrait.parent / "profile.yaml").read_text(encoding="utf-8")
    Path("own").mkdir()
    Path("own/portrait.png").write_bytes(b"a picture")
    Path("own/profile.yaml").write_text(
        text.replace("avatar: avatar.npz", "avatar: portrait.png"), encoding="utf-8"
    )
    assert main(["profile", "bake", "own"]) == 2
    assert "`avatar` is" in refusal(capsys)
    assert Path("own/portrait.png").read_bytes() == b"a picture"


def test_the_end_of_a_pipe_as_shells_give_it(folder: Path) -> None:
    """`--audio <(cat a.mov)`: a name below /dev/fd."""
    words = f"{sys.executable} -m vasa_avatar render --profile iris --size 256 --out o.mov"
    command = ["bash", "-c", f"{words} --audio <(cat a.mov)"]
    subprocess.run(command, check=True, capture_output=True)
    assert len(read_audio("o.mov").pcm_i16) == 8_000
