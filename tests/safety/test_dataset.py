"""`vasa-avatar dataset`: clips, truth and manifest agree; only what is asked for moves."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.cli import main
from vasa_avatar.cli.dataset import PARTS
from vasa_avatar.datatypes import ARKIT_INDEX
from vasa_avatar.motion import load_motion
from vasa_avatar.safety import verify_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of two characters."""
    out = tmp_path_factory.mktemp("set") / "faces"
    who = ["--profile", "iris", "--profile", "leo", "--profile", "greta"]
    assert main(["dataset", "--out", str(out), *who, "--clips", "4", "--size", "256"]) == 0
    return out


def rows(made: Path) -> list[dict[str, str]]:
    with (made / "manifest.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_manifest_names_every_file_and_its_licence(made: Path) -> None:
    found = rows(made)
    assert len(found) == 12
    assert {row["part"] for row in found} == set(PARTS)
    for row in found:
        assert all((made / row[key]).is_file() for key in ("clip", "motion", "mask"))
        assert row["portrait_licence"]


def test_no_character_is_in_both_splits(made: Path) -> None:
    split = {}
    for row in rows(made):
        assert split.setdefault(row["character"], row["split"]) == row["split"]
    assert sorted(split.values()) == ["test", "train", "train"]


def test_marked_clips_are_marked_and_the_others_are_not(made: Path) -> None:
    found = rows(made)
    for wanted in ("0", "1"):
        row = next(row for row in found if row["marked"] == wanted)
        assert bool(verify_file(made / row["clip"]).marks) is (wanted == "1")


def test_only_the_part_moves_and_the_masks_show_it(made: Path) -> None:
    by_part = {row["part"]: row for row in rows(made) if row["character"] == "leo"}
    jaw = {part: load_motion(made / row["motion"]) for part, row in by_part.items()}
    assert np.ptp(jaw["lips"].expression[:, ARKIT_INDEX["jawOpen"]]) > 0.1
    assert not jaw["lips"].head_rotation_rad.any()
    assert not jaw["gaze"].expression.any()
    assert np.abs(jaw["head"].head_rotation_rad).max() > 0.005
    changed = {}
    for part, row in by_part.items():
        with np.load(made / row["mask"]) as kept:
            n_frames, _, width = kept["shape"]
            masks = np.unpackbits(kept["mask"], axis=-1, count=width).astype(bool)
            assert len(masks) == n_frames == len(jaw[part]) == int(row["frames"])
        changed[part] = masks.mean()
        if part == "lips":
            above_nose = masks[:, : int(0.4 * masks.shape[1])]
            assert above_nose.sum() < 0.01 * masks.sum()
    assert changed["gaze"] < changed["lips"] < changed["all"]


def test_a_folder_with_files_is_left_alone(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(made.rglob("*"))
    assert main(["dataset", "--out", str(made), "--clips", "1"]) == 1
    assert "not an empty folder" in capsys.readouterr().err
    assert sorted(made.rglob("*")) == before
