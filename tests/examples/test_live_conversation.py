"""examples/live_conversation.py, in virtual time: what its film shows and lets hear."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import av
import numpy as np
import pytest
from virtual_time import run_virtual, virtual_loop

from vasa_avatar import LiveStream
from vasa_avatar.media import read_audio

EXAMPLE = Path(__file__).parents[2] / "examples" / "live_conversation.py"


@pytest.mark.slow
def test_it_speaks_falls_silent_and_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "film.mp4"
    spec = spec_from_file_location("live_conversation", EXAMPLE)
    assert spec is not None and spec.loader is not None
    example = module_from_spec(spec)
    spec.loader.exec_module(example)
    virtual = partial(LiveStream, now_s=lambda: virtual_loop().time())
    monkeypatch.setattr(example, "LiveStream", virtual)
    run_virtual(example.main(str(out)))
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
