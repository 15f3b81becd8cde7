"""Films are put in their place when they are whole, and errors name the film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.media import VideoFormat, open_sink, read_audio

FORMAT = VideoFormat(64, 25, 24_000)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def film(path: Path, n_frames: int, noise: bool = False) -> None:
    rng = np.random.default_rng(4)
    size = 256 if noise else 64
    with open_sink(path, VideoFormat(size, 25, 24_000)) as sink:
        for index in range(n_frames):
            picture = np.full((size, size, 3), 4 * index % 250, np.uint8)
            if noise:
                picture = rng.integers(0, 256, picture.shape, np.uint8)
            sink.write(picture, rng.integers(-9000, 9000, 960).astype(np.int16))


@pytest.mark.parametrize("ending", ["mp4", "mov", "webm"])
def test_a_failed_film_leaves_the_old_one(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    film(path, 5)
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), open_sink(path, FORMAT) as sink:
        for _ in range(60):
            sink.write(np.zeros((64, 64, 3), np.uint8), np.zeros(960, np.int16))
        raise KeyboardInterrupt
    assert path.read_bytes() == before
    assert names(tmp_path) == [path.name]


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "frames"])
def test_a_full_disk_leaves_the_old_film_and_is_named(full_disk: Path, name: str) -> None:
    path = full_disk / name
    film(path, 3)
    before = [file.read_bytes() for file in sorted(full_disk.rglob("*")) if file.is_file()]
    with pytest.raises(OSError, match="No space left on device") as caught:
        film(path, 40, noise=True)
    assert caught.value.filename == str(path)
    after = [file.read_bytes() for file in sorted(full_disk.rglob("*")) if file.is_file()]
    assert after == before


@pytest.mark.parametrize(
    "name",
    ["2026-01-26T20:57:04Z.mp4", "12:30.mov", "concat:a|b.mp4", "pipe:1.mp4", "data:,x.webm",
     "a%03d.mp4", "-o.mp4", "what?#1.mp4", "*.mp4", "file:a.mp4", "crypto+file:a.mov",
     "subfile,,start,1,end,2,,:a.mp4"],
)  # fmt: skip
def test_every_name_is_only_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    film(Path(name), 3)
    assert names(tmp_path) == [name]
    assert len(read_audio(name).pcm_i16) >= 2880
