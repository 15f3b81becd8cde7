"""examples/live_conversation.py, in virtual time: what its film shows and lets hear."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from virtual_time import run_virtual

from vasa_avatar.media import read_audio

EXAMPLE = Path(__file__).parents[2] / "examples" / "live_conversation.py"


@pytest.mark.slow
def test_it_speaks_falls_silent_and_answers(tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    run_virtual(runpy.run_path(str(EXAMPLE))["main"](str(out)))
    sound = read_audio(out)
    tenths = sound.pcm_i16[: -(len(sound.pcm_i16) % 2400) or None].reshape(-1, 2400)
    is_loud = np.abs(tenths.astype(np.int32)).max(1) > 300
    assert not is_loud[:10].any()
    assert is_loud[13:39].mean() > 0.7
    assert not is_loud[42:60].any(), "nothing is heard after the interruption"
    assert is_loud[65:75].mean() > 0.5, "the answer is heard"
    with av.open(str(out)) as container:
        n_frames = sum(1 for _ in container.decode(video=0))
    assert n_frames == len(sound.pcm_i16) // 960


def test_the_example_says_how_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "usage:" in done.stderr
