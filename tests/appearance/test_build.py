"""From a portrait to an avatar, end to end, on generated faces."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, build_avatar
from vasa_avatar.appearance.reading import FaceLandmarker, measure_face
from vasa_avatar.datatypes import ARKIT_INDEX, U8, FaceMotion, HeadPose, K
from vasa_avatar.errors import PortraitError
from vasa_avatar.nets.store import ModelStore
from vasa_avatar.render import MeshRenderer

PORTRAITS = sorted((Path(__file__).parents[2] / "character_profiles").glob("*/portrait.png"))


@pytest.fixture(scope="module")
def built(landmarker: FaceLandmarker, store: ModelStore) -> Avatar:
    return build_avatar(PORTRAITS[0], store=store)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axis", "angle_deg"), [(0, 7.0), (0, -7.0), (1, 12.0), (1, -12.0), (2, 9.0), (2, -9.0)]
)
def test_a_commanded_angle_is_what_a_viewer_sees(
    built: Avatar, landmarker: FaceLandmarker, axis: int, angle_deg: float
) -> None:
    renderer = MeshRenderer(built, 512)
    command = np.zeros(3, np.float32)
    command[axis] = np.deg2rad(angle_deg)
    rest = measure_face(renderer.render(FaceMotion()), landmarker)
    seen = measure_face(renderer.render(FaceMotion(head=HeadPose(command))), landmarker)
    assert rest is not None and seen is not None
    turned = np.rad2deg(seen.pose_rad - rest.pose_rad)
    assert abs(turned[axis] - angle_deg) < 1.5
    assert np.abs(np.delete(turned, axis)).max() < 3.0


@pytest.mark.slow
def test_a_commanded_distance_and_an_open_jaw_are_seen(
    built: Avatar, landmarker: FaceLandmarker
) -> None:
    renderer = MeshRenderer(built, 512)
    rest = measure_face(renderer.render(FaceMotion()), landmarker)
    head = HeadPose(translation=np.array([0, 0, 0.25], np.float32))
    far = measure_face(renderer.render(FaceMotion(head=head)), landmarker)
    expression = np.zeros(K, np.float32)
    expression[ARKIT_INDEX["jawOpen"]] = 0.7
    open_jaw = measure_face(renderer.render(FaceMotion(expression)), landmarker)
    assert rest is not None and far is not None and open_jaw is not None
    assert rest.scale_px / far.scale_px == pytest.approx(1.25, abs=0.04)
    assert open_jaw.coefficients[ARKIT_INDEX["jawOpen"]] > 0.4


@pytest.mark.slow
@pytest.mark.parametrize("size_wh", [(256, 256), (300, 520), (700, 384)])
def test_small_and_oblong_portraits(
    synthetic_rgb: U8, landmarker: FaceLandmarker, store: ModelStore, size_wh: tuple[int, int]
) -> None:
    """A face in a picture of any shape: the frame is the square around it."""
    width, height = size_wh
    side = min(size_wh)
    face = cv2.resize(synthetic_rgb, (side, side), interpolation=cv2.INTER_AREA)
    pads = [(height - side) // 2, (width - side) // 2]
    picture = cv2.copyMakeBorder(
        face, pads[0], height - side - pads[0], pads[1], width - side - pads[1],
        cv2.BORDER_REPLICATE,
    )  # fmt: skip
    avatar = build_avatar(picture, store=store, calibrate=False)
    frame = MeshRenderer(avatar, 256).render(FaceMotion())
    found = landmarker.detect(frame)
    assert len(found) == 1
    assert 0.2 * 256 < found[0].points_px[:, 0].mean() < 0.8 * 256


def test_a_picture_without_a_face_is_refused(landmarker: FaceLandmarker, store: ModelStore) -> None:
    with pytest.raises(PortraitError) as refused:
        build_avatar(np.full((400, 400, 3), 127, np.uint8), store=store)
    assert refused.value.reason == "no_face"


def test_skin_under_glasses_is_held(landmarker: FaceLandmarker) -> None:
    """The lower edge of the brows may not bend a frame that lies over it."""
    from vasa_avatar.appearance.baking.expression import hold_glasses
    from vasa_avatar.appearance.picture import make_canvas, square_crop

    picture = cv2.cvtColor(cv2.imread(str(PORTRAITS[0])), cv2.COLOR_BGR2RGB)
    points = landmarker.detect(picture)[0].points_px
    size_wh = (picture.shape[1], picture.shape[0])
    canvas = make_canvas(picture, square_crop(size_wh, points.min(0), points.max(0)))
    landmarks = np.column_stack([canvas.to_design(points[:, :2]), points[:, 2]])
    basis = np.ones((K, 468, 3), np.float32)
    frames = np.zeros(canvas.rgb.shape[:2], np.float32)
    y, x = canvas.to_texels(landmarks[None, 6, :2])[0][::-1].astype(int)
    frames[y - 6 : y + 6, x - 30 : x + 30] = 1.0
    held = hold_glasses(basis, frames, canvas, landmarks.astype(np.float32))
    assert np.abs(held[:, 6]).max() < 0.1
    assert held[:, 152].min() == held[:, 13].min() == 1.0
