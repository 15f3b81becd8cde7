"""examples/speak_to_film.py runs alone and makes a film with sound."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av

from vasa_avatar.media import read_audio
from vasa_avatar.units import FrameClock

EXAMPLE = Path(__file__).parents[2] / "examples" / "speak_to_film.py"


def test_the_example_makes_the_film_it_promises(tmp_path: Path) -> None:
    out = tmp_path / "film.mp4"
    words = [sys.executable, str(EXAMPLE), "Good evening. Welcome.", str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "is ready" in done.stdout
    sound = read_audio(out)
    assert sound.duration_s > 1.0
    with av.open(str(out)) as container:
        n_frames = sum(1 for _ in container.decode(video=0))
    assert n_frames == FrameClock(sound.sample_rate_hz, 25).frames_for(len(sound.pcm_i16))


def test_the_example_says_how_to_use_it() -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "usage:" in done.stderr
