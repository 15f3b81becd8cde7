"""The command line around its commands: help, exit codes, one-line refusals, quick start."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from vasa_avatar.cli import main
from vasa_avatar.cli import render as render_command
from vasa_avatar.cli.arguments import emotion, gaze, head_distance, named_value, size_px


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """What went to stderr; checked to be one line."""
    text = capsys.readouterr().err
    assert text.startswith("vasa-avatar: ")
    assert text.count("\n") == 1
    return text


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for command in (
        "render",
        "track",
        "sheet",
        "bench",
        "studio",
        "models",
        "profile",
        "demo",
        "serve",
        "studio",
    ):
        assert f"    {command} " in text


@pytest.mark.parametrize("command", ["render", "track", "sheet", "bench", "demo", "serve"])
def test_each_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert "usage: vasa-avatar" in capsys.readouterr().out


def test_help_and_import_load_nothing_heavy() -> None:
    """Parsing must not wait for the networks, numba or OpenCV."""
    code = (
        "import sys, vasa_avatar; from vasa_avatar.cli.app import build_parser; build_parser();"
        "print([m for m in ('numba', 'cv2', 'onnxruntime', 'av', 'pydantic') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_installed_command_and_the_module_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vasa_avatar", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("vasa-avatar ")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--audio", "a.wav", "--text", "hi"], "--audio and --text exclude each other"),
        ([], "nothing to do: give --audio, --text or --motion"),
        (["--motion", "m.npz", "--gaze", "1,2"], "--motion says everything that moves"),
    ],
)
def test_contradictions_are_misuse(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert main(["render", "--profile", "iris", "--out", "o.mp4", *words]) == 2
    assert complaint in refusal(capsys)


def test_an_unknown_film_format_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--profile", "iris", "--text", "hi", "--out", "o.avi"]) == 2
    assert "o.avi ends in .avi; expected .mp4" in refusal(capsys)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (
            ["render", "--profile", "iris", "--audio", "nowhere.wav", "--out", "o.mp4"],
            "no audio file",
        ),
        (
            ["render", "--profile", "nobody", "--text", "hi", "--out", "o.mp4"],
            "no character 'nobody'",
        ),
        (["render", "--portrait", "no.png", "--text", "hi", "--out", "o.mp4"], "no picture no.png"),
        (["sheet", "--profile", "nobody", "--out", "s.png"], "no character 'nobody'"),
        (["profile", "show", "nobody"], "no character 'nobody'"),
        (["models", "path", "nothing"], "no model called 'nothing'"),
    ],
)
def test_what_cannot_be_done_fails_with_one_line(
    capsys: pytest.CaptureFixture[str], words: list[str], complaint: str
) -> None:
    assert main(words) == 1
    assert complaint in refusal(capsys)


@pytest.mark.parametrize(
    "words",
    [
        ["render", "--out", "o.mp4", "--text", "hi"],
        ["render", "--profile", "iris", "--portrait", "p.png", "--text", "hi", "--out", "o.mp4"],
        ["render", "--profile", "iris", "--text", "hi", "--out", "o.mp4", "--fps", "24"],
        ["render", "--profile", "iris", "--text", "hi", "--out", "o.mp4", "--size", "100"],
        ["render", "--profile", "iris", "--text", "hi", "--out", "o.mp4", "--emotion", "bored"],
        ["nonsense"],
        [],
    ],
)
def test_wrong_words_are_misuse(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "vasa-avatar" in capsys.readouterr().err


def test_controls_out_of_range_are_misuse(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["render", "--profile", "iris", "--text", "hi", "--out", str(tmp_path / "o.mp4")]
    with pytest.raises(SystemExit) as end:
        main([*words, "--head-distance", "9"])
    assert end.value.code == 2
    assert "head_distance is 9; expected 0.7 to 1.6" in capsys.readouterr().err
    assert main([*words, "--emotion", "sad", "--emotion", "sad:0.4"]) == 2
    assert "emotions are sad, sad; name each once" in refusal(capsys)
    assert not (tmp_path / "o.mp4").exists()


def test_ctrl_c_ends_with_one_word_and_130(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(arguments: argparse.Namespace) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(render_command, "run", interrupted)
    assert main(["render", "--profile", "iris", "--text", "hi", "--out", "o.mp4"]) == 130
    assert capsys.readouterr().err.strip() == "interrupted"


def test_a_server_open_to_others_needs_a_token(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--host", "0.0.0.0"]) == 2
    assert "give a --token" in refusal(capsys)


def test_argument_types_say_what_they_expect() -> None:
    assert gaze("-5,10.5") == {"gaze_pitch_deg": -5.0, "gaze_yaw_deg": 10.5}
    assert named_value("lip_gain=1.3") == {"lip_gain": 1.3}
    assert emotion("happy:0.5").strength == 0.5
    assert emotion("sad").strength == 1.0
    assert size_px("640") == 640
    with pytest.raises(argparse.ArgumentTypeError, match="not PITCH,YAW in degrees"):
        gaze("5")
    with pytest.raises(argparse.ArgumentTypeError, match="gaze_yaw_deg is 80; expected -40 to 40"):
        gaze("0,80")
    with pytest.raises(argparse.ArgumentTypeError, match="head_distance is 9; expected 0.7 to 1.6"):
        head_distance("9")
    with pytest.raises(argparse.ArgumentTypeError, match="not NAME=NUMBER, such as lip_gain=1.3"):
        named_value("lip_gain")
    with pytest.raises(argparse.ArgumentTypeError, match="control is 'lips'; expected one of gaze"):
        named_value("lips=1")
    with pytest.raises(argparse.ArgumentTypeError, match="expected one of neutral, happy"):
        emotion("bored:1")
    with pytest.raises(argparse.ArgumentTypeError, match="'happy:much' is not NAME:STRENGTH"):
        emotion("happy:much")
    with pytest.raises(argparse.ArgumentTypeError, match="strength of happy is 2; expected 0 to 1"):
        emotion("happy:2")
    with pytest.raises(argparse.ArgumentTypeError, match="not an even number from 256 to 1024"):
        size_px("513")


def test_profile_and_models_print_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile"]) == 0
    assert "iris" in capsys.readouterr().out
    assert main(["profile", "show", "iris"]) == 0
    assert "synthetic: true" in capsys.readouterr().out
    assert main(["models"]) == 0
    assert "face_landmarker" in capsys.readouterr().out


def test_server_options_out_of_range_are_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--port", "70000"]) == 2
    assert "--port: Input should be less than or equal to 65535" in refusal(capsys)


def test_bench_lipsync_reads_its_own_options(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["bench", "lipsync", "--help"])
    assert end.value.code == 0
    assert "usage: vasa-avatar bench lipsync" in capsys.readouterr().out
