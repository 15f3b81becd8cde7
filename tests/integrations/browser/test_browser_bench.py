"""The benchmark of what browsers show says what it needs, instead of failing in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "bench_browser_sync.py"


def test_what_is_missing_is_named_with_its_packages(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(BENCH)], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt-get install xvfb pulseaudio pulseaudio-utils" in done.stderr
    assert "chromium" in done.stderr
