"""Every command prints on a console of any encoding; a sign that it lacks becomes a plainer one."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from vasa_avatar.cli import console

pytestmark = pytest.mark.slow

CONSOLES = {
    "told": {"PYTHONIOENCODING": "ascii"},
    "strict": {"PYTHONIOENCODING": "ascii:strict"},
    "locale": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
}
FACE = ["--profile", "iris", "--size", "256"]


def run(folder: Path, encoding: str, *words: str | bytes) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, **CONSOLES[encoding]}
    command = [sys.executable, "-m", "vasa_avatar", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True)


@pytest.mark.parametrize("encoding", CONSOLES)
def test_names_of_any_signs_are_written_and_printed(tmp_path: Path, encoding: str) -> None:
    out = os.fsencode("Zürich … ") + b"\xff.mp4"
    done = run(tmp_path, encoding, "render", *FACE, "--text", "Hi", "--out", out)
    assert (done.returncode, done.stderr) == (0, b"")
    assert os.listdir(os.fsencode(tmp_path)) == [out]
    assert b"\xff.mp4: " in done.stdout and done.stdout.startswith(b"Z")
    missing = run(tmp_path, encoding, "render", *FACE, "--audio", "nö.wav", "--out", "o.mp4")
    assert missing.returncode == 1
    assert missing.stderr.startswith(b"vasa-avatar: there is no audio file n")


@pytest.mark.parametrize(
    "words",
    [["demo", "--headless", "--out", "d.mp4"], ["demo", "--help"], ["models"],
     ["profile", "show", "iris"], ["render", "--help"]],
)  # fmt: skip
def test_what_commands_say_by_themselves_is_printed(tmp_path: Path, words: list[str]) -> None:
    done = run(tmp_path, "strict", *words)
    assert (done.returncode, done.stderr) == (0, b"")
    done.stdout.decode("ascii")


def test_signs_become_plainer_ones_and_bytes_stay_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for encoding, expected in (
        ("ascii", b"a... - ->\\xfc\\U0001f600\xff"),
        ("cp1252", b"a\x85 \x96 ->\xfc\\U0001f600\xff"),
        ("utf-8", "a… – →ü😀".encode() + b"\xff"),
    ):
        raw = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
        console.use_any_console()
        sys.stdout.write("a… – →ü😀\udcff")
        sys.stdout.flush()
        assert raw.getvalue() == expected
