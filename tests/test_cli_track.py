"""`vasa-avatar track`: a film of a rendered face gives back what moved in it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.cli import main
from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.motion import load_motion
from vasa_avatar.nets import ModelStore

JAW = ARKIT_INDEX["jawOpen"]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a film of a character and the motion that made it."""
    try:
        ModelStore().path("face_landmarker")
    except ModelStoreError as error:
        pytest.skip(f"needs the landmark nets: {error}")
    folder = tmp_path_factory.mktemp("film")
    words = ["--text", "Wow, what a wonderful afternoon!", "--motion-out", str(folder / "made.npz")]
    out = ["--size", "320", "--out", str(folder / "film.mp4")]
    assert main(["render", "--profile", "leo", *words, *out]) == 0
    return folder


def test_a_tracked_film_moves_as_it_did(film: Path) -> None:
    words = ["--out", str(film / "read.npz"), "--portrait-out", str(film / "first.png")]
    assert main(["track", str(film / "film.mp4"), *words]) == 0
    made, read = load_motion(film / "made.npz"), load_motion(film / "read.npz")
    assert (len(read), read.fps) == (len(made), 25)
    jaw = np.corrcoef(made.expression[:, JAW], read.expression[:, JAW])[0, 1]
    yaw = np.corrcoef(made.head_rotation_rad[:, 1], read.head_rotation_rad[:, 1])[0, 1]
    assert jaw > 0.7
    assert yaw > 0.9
    first = cv2.imread(str(film / "first.png"))
    assert first is not None
    assert first.shape == (320, 320, 3)


def test_motion_is_relative_to_the_frame_that_was_asked_for(film: Path) -> None:
    words = ["--out", str(film / "r.npz"), "--reference", "20"]
    assert main(["track", str(film / "film.mp4"), *words]) == 0
    read = load_motion(film / "r.npz")
    assert np.abs(np.degrees(read.head_rotation_rad[20])).max() < 0.6


def test_a_film_without_a_face_and_a_missing_frame_are_refused(
    film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), np.full((64, 64, 3), 128, np.uint8))
    assert main(["track", str(grey), "--out", str(tmp_path / "m.npz")]) == 1
    assert "shows no face" in capsys.readouterr().err
    words = ["track", str(film / "film.mp4"), "--out", str(tmp_path / "m.npz")]
    assert main([*words, "--reference", "9999"]) == 2
    assert "--reference is 9999, but the film has" in capsys.readouterr().err
    assert not (tmp_path / "m.npz").exists()
