"""Nothing leaves the machine and nothing is noted down, whoever imports the networks' runtime."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import child_programs
import pytest

from vasa_avatar import privacy
from vasa_avatar.folders import CACHE_VARIABLE, cache_folder_to_write

WATCH = """
import socket
_HERE = (None, "", "localhost", "127.0.0.1", "::1")
def _watched(name, place):
    real = getattr(place, name)
    def call(*words, **options):
        host = words[-1] if name == "connect" else words[0]
        host = host[0] if isinstance(host, tuple) else host
        if host not in _HERE and not str(host).startswith("/"):
            raise SystemExit(f"looked for {host}")
        return real(*words, **options)
    setattr(place, name, call)
for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    _watched(name, socket)
"""


def run_watched(program: str, home: Path) -> subprocess.CompletedProcess[str]:
    """Run a program for a user whose folders are all empty; kernels come from our own cache."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("XDG_") and name != privacy.VARIABLE
    }
    home.mkdir()
    environment = {
        **kept,
        "HOME": str(home),
        "USERPROFILE": str(home),
        CACHE_VARIABLE: str(cache_folder_to_write()),
    }
    return subprocess.run(
        [sys.executable, "-c", WATCH + program, str(home.parent / "out.mp4")],
        cwd=home.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["RENDER", "SERVE", "CALL"])
def test_nothing_is_looked_up_and_nothing_is_noted_down(tmp_path: Path, name: str) -> None:
    home = tmp_path / "home"
    done = run_watched(getattr(child_programs, name), home)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "out.mp4").stat().st_size > 0
    assert [str(path) for path in home.rglob("*")] == []


@pytest.mark.parametrize(
    "package", ["vasa_avatar", "pipecat_vasa", "vasa_server", "livekit.plugins.vasa"]
)
def test_every_package_says_so_before_the_runtime_comes(tmp_path: Path, package: str) -> None:
    program = f"""
import os, sys
import {package}
print(os.environ["{privacy.VARIABLE}"])
import onnxruntime
"""
    done = run_watched(program, tmp_path / "home")
    assert done.stdout.split() == ["1"], done.stderr
    assert [str(path) for path in (tmp_path / "home").rglob("*")] == []


def test_a_users_own_word_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(privacy.VARIABLE, "0")
    privacy.forbid_telemetry()
    assert os.environ[privacy.VARIABLE] == "0"


def test_coming_too_late_is_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(privacy.VARIABLE)
    monkeypatch.setitem(sys.modules, "onnxruntime", sys)
    privacy.forbid_telemetry()
    assert "import vasa_avatar first" in caplog.text
    caplog.clear()
    privacy.forbid_telemetry()  # said once
    assert caplog.text == ""
