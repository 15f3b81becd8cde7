"""A film whose motion is known, through file, nets and fit, to a MotionClip."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.appearance.tracking import open_film
from vasa_avatar.appearance.tracking.tracker import (
    calmest_frame,
    corner_drag,
    fit_motion,
    read_film,
)
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import PortraitError

SHIFTS = [0, 4, 8, 12, 16, 20, 16, 12, 8, 4]
LOST = 5


def write_film(path: Path, frames: list[U8], fps: int = 25, skip: tuple[int, ...] = ()) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "12"})
        stream.width, stream.height = frames[0].shape[1], frames[0].shape[0]
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(frames):
            if index in skip:
                continue
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory, synthetic_rgb: U8) -> Path:
    """The face moves right and comes nearer; in one frame it is gone."""
    frames = []
    for index, shift in enumerate(SHIFTS):
        zoom = 1.0 + 0.004 * shift
        matrix = np.array([[zoom, 0, shift + 192 * (1 - zoom)], [0, zoom, 192 * (1 - zoom)]])
        image = cv2.warpAffine(synthetic_rgb, matrix, (384, 384), borderMode=cv2.BORDER_REPLICATE)
        frames.append(np.full_like(image, 90) if index == LOST else image)
    return write_film(tmp_path_factory.mktemp("film") / "a.mp4", frames)


def test_motion_of_a_moving_picture(landmarker: FaceLandmarker, film: Path) -> None:
    counts: list[int] = []
    track = read_film(film, landmarker, counts.append)
    assert counts == list(range(1, len(SHIFTS) + 1))
    assert track.is_found.sum() == len(SHIFTS) - 1 and not track.is_found[LOST]
    clip = fit_motion(track, reference=0)
    assert clip.fps == 25.0 and len(clip) == len(SHIFTS)
    assert np.abs(np.rad2deg(clip.head_rotation_rad)).max() < 1.0
    assert np.abs(np.rad2deg(clip.gaze_rad - clip.gaze_rad[0])).max() < 4.0
    face_px = np.linalg.norm(track.points_px[0, 234, :2] - track.points_px[0, 454, :2])
    # smoothing over three frames rounds the turn at the far end
    expected = np.array(SHIFTS) / face_px
    np.testing.assert_allclose(clip.head_translation[:4, 0], expected[:4], atol=0.012)
    nearer = 1.0 / (1.0 + 0.004 * np.array(SHIFTS)) - 1.0
    np.testing.assert_allclose(clip.head_translation[:4, 2], nearer[:4], atol=0.01)
    assert clip.expression.max() < 0.15, "a stiff picture has no expression"


def test_reference_is_at_rest(landmarker: FaceLandmarker, film: Path) -> None:
    clip = fit_motion(read_film(film, landmarker), reference=3)
    np.testing.assert_allclose(clip.head_translation[3], 0.0, atol=0.01)
    np.testing.assert_allclose(clip.head_rotation_rad[3], 0.0, atol=0.01)
    assert clip.head_translation[0, 0] < -0.02


def test_calmest_frame_has_a_face(landmarker: FaceLandmarker, film: Path) -> None:
    assert calmest_frame(read_film(film, landmarker)) != LOST


def test_reference_out_of_range(landmarker: FaceLandmarker, film: Path) -> None:
    with pytest.raises(ValueError, match="reference is 99; expected 0 to 9"):
        fit_motion(read_film(film, landmarker), reference=99)


def test_missing_frames_are_repeated(tmp_path: Path) -> None:
    frames = [np.full((64, 64, 3), 20 * i, np.uint8) for i in range(8)]
    film = open_film(write_film(tmp_path / "gap.mp4", frames, skip=(3, 4)))
    levels = [int(frame.mean()) for frame in film.frames()]
    assert len(levels) == 8
    np.testing.assert_allclose(levels, [0, 20, 40, 40, 40, 100, 120, 140], atol=4)


def test_refusals(landmarker: FaceLandmarker, tmp_path: Path) -> None:
    blank = write_film(tmp_path / "b.mp4", [np.full((256, 256, 3), 127, np.uint8)] * 3)
    with pytest.raises(PortraitError, match="shows no face in any of its 3 frames") as caught:
        read_film(blank, landmarker)
    assert caught.value.reason == "no_face"
    (tmp_path / "c.mp4").write_bytes(b"text")
    with pytest.raises(PortraitError, match="is not a video"):
        read_film(tmp_path / "c.mp4", landmarker)
    with pytest.raises(PortraitError, match="is not a video"):
        read_film(tmp_path / "none.mp4", landmarker)


def test_corners_that_leave_the_head_are_drag(synthetic_face: FaceLandmarks) -> None:
    points = np.repeat(synthetic_face.points_px[None], 3, axis=0).astype(np.float32)
    points[1] = points[1] * 1.1 + [5.0, -3.0, 0.0]  # the head came nearer: no drag
    width = float(np.linalg.norm(points[0, 33] - points[0, 133]))
    points[2, [33, 133, 263, 362], 1] += 0.1 * width
    drag = corner_drag(points, 0)
    np.testing.assert_allclose(drag[:2], 0.0, atol=1e-3)
    np.testing.assert_allclose(drag[2], [0.0, 0.1], atol=0.01)
