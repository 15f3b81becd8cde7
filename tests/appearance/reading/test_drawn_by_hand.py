"""Points set by hand: few are enough, the file is checked, and each refusal says what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vasa_avatar.appearance.reading.drawn_by_hand import read_points
from vasa_avatar.errors import PortraitError
from vasa_avatar.geometry import drawn_layout as names

MARKS: dict[str, Any] = {
    "right_eye": [[100, 100], [140, 102], [120, 80], [120, 120]],
    "left_eye": [[240, 100], [200, 102], [220, 80], [220, 120]],
    "mouth": [[150, 180], [190, 180]],
    "chin": [170, 220],
    "outline": [[80, 105], [260, 105]],
}


def written(folder: Path, marks: Any) -> Path:
    path = folder / "points.json"
    path.write_text(json.dumps(marks))
    return path


def test_few_points_are_enough(tmp_path: Path) -> None:
    points = read_points(written(tmp_path, MARKS))
    assert points.shape == (names.N_POINTS, 2) and np.isfinite(points).all()
    np.testing.assert_allclose(points[names.RIGHT_EYE][[0, 4, 2, 6]], MARKS["right_eye"])
    np.testing.assert_allclose(points[names.CHIN], MARKS["chin"])
    outline = points[names.OUTLINE]
    np.testing.assert_allclose(outline[[0, -1]], MARKS["outline"])
    np.testing.assert_allclose(outline[:, 0] + outline[::-1, 0], 340.0, err_msg="both sides alike")
    assert (np.diff(outline[:4], axis=0) > 0).all(), "inward and down to the chin"
    mouth = points[names.MOUTH]
    np.testing.assert_allclose(mouth[:, 1], 180.0)
    assert mouth[0, 0] == 150 and mouth[4, 0] == 190
    brow = points[names.RIGHT_BROW]
    assert ((brow[:, 1] > 40) & (brow[:, 1] < 80)).all(), "less than an eye above the eye"
    np.testing.assert_allclose(brow[:, 0], [100, 120, 140], atol=2.0)
    assert 120 < points[names.NOSE][1] < 180


def test_what_is_marked_besides_is_used(tmp_path: Path) -> None:
    more = MARKS | {
        "nose": [171, 160],
        "left_iris": [215, 98],
        "right_brow": [[95, 60], [120, 55], [140, 60]],
        "mouth": [[150, 180], [190, 182], [170, 172], [170, 195]],
    }
    points = read_points(written(tmp_path, more))
    np.testing.assert_allclose(points[names.NOSE], [171, 160])
    np.testing.assert_allclose(points[names.LEFT_EYE][names.IRIS], [215, 98])
    np.testing.assert_allclose(points[names.RIGHT_BROW], more["right_brow"])
    np.testing.assert_allclose(points[names.MOUTH][[2, 6]], [[170, 172], [170, 195]])


@pytest.mark.parametrize(
    ("marks", "said"),
    [
        ([1, 2], "no object"),
        ({k: v for k, v in MARKS.items() if k != "chin"}, "lacks ['chin']"),
        (MARKS | {"ear": [1, 2]}, "['ear'] too many"),
        (MARKS | {"left_eye": [[1, 2], [3, 4]]}, "expected 4 points"),
        (MARKS | {"chin": ["a", 2]}, "expected 1 points"),
        (MARKS | {"chin": [float("nan"), 2]}, "expected 1 points"),
    ],
)
def test_wrong_files_are_refused(tmp_path: Path, marks: Any, said: str) -> None:
    with pytest.raises(PortraitError) as caught:
        read_points(written(tmp_path, marks))
    assert caught.value.reason == "bad_points" and said in str(caught.value)


def test_no_file_and_no_json(tmp_path: Path) -> None:
    with pytest.raises(PortraitError, match="no points file"):
        read_points(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{half")
    with pytest.raises(PortraitError, match="no JSON"):
        read_points(tmp_path / "text.json")
