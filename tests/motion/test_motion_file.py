"""Motion files: round trip, degrees at the edge, other frame rates, damaged input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.datatypes import ARKIT_NAMES, MotionClip
from vasa_avatar.errors import MotionFileError
from vasa_avatar.motion import load_motion, resample_motion, save_motion


def _clip(n: int = 50, fps: float = 25.0) -> MotionClip:
    rng = np.random.default_rng(0)
    return MotionClip(
        fps,
        rng.uniform(0, 1, (n, 52)).astype(np.float32),
        rng.normal(0, 0.1, (n, 3)).astype(np.float32),
        rng.normal(0, 0.05, (n, 3)).astype(np.float32),
        rng.normal(0, 0.1, (n, 2)).astype(np.float32),
    )


def _arrays(clip: MotionClip) -> dict[str, np.ndarray]:
    return {
        "fps": np.float32(clip.fps),
        "names": np.array(ARKIT_NAMES),
        "expression": clip.expression,
        "head_rotation_deg": np.rad2deg(clip.head_rotation_rad),
        "head_translation": clip.head_translation,
        "gaze_deg": np.rad2deg(clip.gaze_rad),
    }


def test_a_clip_survives_the_file(tmp_path: Path) -> None:
    clip = _clip()
    path = tmp_path / "a.motion"
    save_motion(clip, path)
    back = load_motion(path)
    assert back.fps == 25.0
    np.testing.assert_array_equal(back.expression, clip.expression)
    np.testing.assert_allclose(back.head_rotation_rad, clip.head_rotation_rad, atol=1e-6)
    np.testing.assert_array_equal(back.head_translation, clip.head_translation)
    np.testing.assert_allclose(back.gaze_rad, clip.gaze_rad, atol=1e-6)
    assert not back.expression.flags.writeable


def test_the_file_holds_degrees_and_float32(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save_motion(_clip(), path)
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive.files) == set(_arrays(_clip()))
        np.testing.assert_allclose(
            archive["head_rotation_deg"], np.rad2deg(_clip().head_rotation_rad), rtol=1e-5
        )
        assert archive["gaze_deg"].dtype == np.float32


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    arrays = _arrays(_clip())
    arrays["names"] = arrays["names"][::-1]
    arrays["expression"] = arrays["expression"][:, ::-1]
    np.savez(tmp_path / "a.npz", **arrays)
    np.testing.assert_array_equal(load_motion(tmp_path / "a.npz").expression, _clip().expression)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gaze_deg": None}, "lacks gaze_deg"),
        ({"names": np.array(["jaw"] * 52)}, "not the 52 ARKit names"),
        ({"expression": np.zeros((50, 51))}, r"expression of shape \(50, 51\).*expected \(T, 52\)"),
        ({"expression": np.zeros((49, 52))}, "expected the same number of frames"),
        ({"head_translation": np.full((50, 3), np.nan)}, "head_translation that are not finite"),
        ({"fps": np.float32(0)}, "0 fps; expected 1 to 240"),
        ({"fps": np.zeros(2)}, r"fps of shape \(2,\)"),
        ({"gaze_deg": np.array([["a", "b"]] * 50)}, "gaze_deg of shape"),
    ],
)
def test_wrong_contents_are_named(
    tmp_path: Path, change: dict[str, np.ndarray | None], message: str
) -> None:
    arrays = {**_arrays(_clip()), **change}
    kept = {name: value for name, value in arrays.items() if value is not None}
    np.savez(tmp_path / "a.npz", **kept)
    with pytest.raises(MotionFileError, match=message):
        load_motion(tmp_path / "a.npz")


def test_files_that_are_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MotionFileError, match="does not exist"):
        load_motion(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(MotionFileError, match="cannot be read as a motion file"):
        load_motion(tmp_path / "text.npz")
    (tmp_path / "empty.npz").write_bytes(b"")
    with pytest.raises(MotionFileError, match="cannot be read as a motion file"):
        load_motion(tmp_path / "empty.npz")
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(MotionFileError, match="holds one array"):
        load_motion(tmp_path / "one.npy")
    np.savez(tmp_path / "pickle.npz", names=np.array([object()]))
    with pytest.raises(MotionFileError, match="cannot be read"):
        load_motion(tmp_path / "pickle.npz")
    save_motion(_clip(), tmp_path / "cut.npz")
    whole = (tmp_path / "cut.npz").read_bytes()
    (tmp_path / "cut.npz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MotionFileError, match="cannot be read"):
        load_motion(tmp_path / "cut.npz")


@pytest.mark.parametrize("fps", [30.0, 12.5, 60.0])
def test_another_frame_rate_keeps_time_and_shape(fps: float) -> None:
    t = (np.arange(100) + 0.5) / 25
    wave = np.sin(2 * np.pi * 0.5 * t).astype(np.float32)
    clip = MotionClip(
        25.0,
        np.tile(0.5 + 0.5 * wave[:, None], 52),
        np.tile(wave[:, None], 3),
        np.tile(wave[:, None], 3),
        np.tile(wave[:, None], 2),
    )
    other = resample_motion(clip, fps)
    assert len(other) == round(4 * fps)
    expected = np.sin(2 * np.pi * 0.5 * (np.arange(len(other)) + 0.5) / fps)
    assert np.abs(other.gaze_rad[2:-2, 0] - expected[2:-2]).max() < 0.01
    assert resample_motion(clip, 25.0) is clip


def test_a_single_frame_can_be_resampled() -> None:
    other = resample_motion(_clip(1), 50.0)
    assert len(other) == 2
    np.testing.assert_array_equal(other.expression[0], _clip(1).expression[0])
