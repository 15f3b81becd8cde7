"""A run that is stopped leaves files as they were: real signals to a real process."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.datatypes import K, MotionClip
from vasa_avatar.motion import save_motion

pytestmark = pytest.mark.slow


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def long_motion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Minutes of work for the renderer."""
    path = tmp_path_factory.mktemp("long") / "m.npz"
    rows = np.random.default_rng(1).normal(0, 0.1, (40_000, 3)).astype(np.float32)
    expression = np.abs(rows[:, :1]).repeat(K, axis=1)
    save_motion(MotionClip(25.0, expression, rows, 0 * rows, rows[:, :2]), path)
    return path


def _heed_signals() -> None:
    """As in a terminal: a suite in the background inherits that these are ignored."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def stopped(motion: Path, folder: Path, out: str, number: int) -> subprocess.CompletedProcess[str]:
    """Start a run, send it a signal in the middle of its writing, and wait for its end."""
    words = ["--profile", "iris", "--size", "256", "--motion", str(motion), "--out", out]
    command = [sys.executable, "-m", "vasa_avatar", "render", *words, "--motion-out", "n.npz"]
    process = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_signals
    )
    deadline_s = time.monotonic() + 120
    while time.monotonic() < deadline_s and process.poll() is None:
        parts = [path for path in folder.rglob("*") if ".part" in str(path) and path.is_file()]
        if sum(path.stat().st_size for path in parts) > 100_000:
            break
        time.sleep(0.02)
    process.send_signal(number)
    try:
        _, said = process.communicate(timeout=60)
    finally:
        process.kill()
    return subprocess.CompletedProcess(command, process.returncode, stderr=said)


@pytest.mark.parametrize("out", ["o.mp4", "o.webm", "o.mov", "frames"])
def test_ctrl_c_leaves_the_old_files(tmp_path: Path, long_motion: Path, out: str) -> None:
    if out != "frames":
        (tmp_path / out).write_bytes(b"a good film")
    (tmp_path / "n.npz").write_bytes(b"good motion")
    before = names(tmp_path)
    done = stopped(long_motion, tmp_path, out, signal.SIGINT)
    assert (done.returncode, done.stderr.strip()) == (130, "interrupted")
    assert names(tmp_path) == before
    assert (tmp_path / "n.npz").read_bytes() == b"good motion"
    if out != "frames":
        assert (tmp_path / out).read_bytes() == b"a good film"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_leaves_the_old_files(
    tmp_path: Path, long_motion: Path, number: int
) -> None:
    (tmp_path / "o.mp4").write_bytes(b"a good film")
    assert stopped(long_motion, tmp_path, "o.mp4", number).returncode == 143
    assert names(tmp_path) == ["o.mp4"]
    assert (tmp_path / "o.mp4").read_bytes() == b"a good film"


def test_a_full_disk_leaves_the_old_film_and_is_named(full_disk: Path, long_motion: Path) -> None:
    film = full_disk / "o.mp4"
    film.write_bytes(b"a good film")
    words = ["--profile", "iris", "--size", "256", "--motion", str(long_motion)]
    command = [sys.executable, "-m", "vasa_avatar", "render", *words, "--out", str(film)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.strip() == f"vasa-avatar: {film}: No space left on device"
    assert film.read_bytes() == b"a good film"
    assert names(full_disk) == ["o.mp4"]
