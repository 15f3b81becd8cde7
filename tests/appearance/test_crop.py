"""A crop shows a part of the picture as the whole frame."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, avatar_of, cropped, load_avatar
from vasa_avatar.datatypes import Crop, FaceMotion, HeadPose
from vasa_avatar.profiles import CharacterProfile, load_profile
from vasa_avatar.render import MeshRenderer


@pytest.fixture(scope="module")
def profile() -> CharacterProfile:
    return load_profile("iris")


@pytest.fixture(scope="module")
def avatar(profile: CharacterProfile) -> Avatar:
    assert profile.avatar is not None
    return load_avatar(profile.avatar)


def _turned() -> FaceMotion:
    motion = FaceMotion()
    expression = motion.expression.copy()
    expression[:] = 0.1
    return FaceMotion(expression, HeadPose(np.array([0.05, 0.15, 0.02], np.float32)), breath=0.8)


def test_the_part_is_drawn_as_it_stands_in_the_whole(avatar: Avatar) -> None:
    crop = Crop(1.6, 0.55, 0.4)
    left, top = crop.corner
    whole = MeshRenderer(avatar, 512).vertices_px(_turned()) / 512
    part = MeshRenderer(cropped(avatar, crop), 512).vertices_px(_turned()) / 512
    np.testing.assert_allclose(part, (whole - [left, top]) * crop.zoom, atol=2e-5)
    big = MeshRenderer(avatar, 1024).render(_turned())
    edge = round(1024 / crop.zoom)
    at_x, at_y = round(left * 1024), round(top * 1024)
    cut = cv2.resize(big[at_y : at_y + edge, at_x : at_x + edge], (512, 512), None, 0, 0, 3)
    drawn = MeshRenderer(cropped(avatar, crop), 512).render(_turned())
    assert np.abs(cut.astype(int) - drawn).mean() < 2.5


def test_the_whole_picture_is_the_avatar_itself(avatar: Avatar) -> None:
    assert cropped(avatar, Crop()) is avatar


def test_a_drawing_stays_a_drawing() -> None:
    mika = load_profile("mika")
    assert mika.crop() != Crop()
    assert avatar_of(mika).is_drawn


def test_a_part_stays_inside_the_picture() -> None:
    assert Crop(2.0, 0.0, 1.0).corner == (0.0, 0.5)
    assert Crop(1.0, 0.9, 0.1).corner == (0.0, 0.0)
    with pytest.raises(ValueError, match=r"zoom is 3; expected 1 to 2.5"):
        Crop(3.0)
    with pytest.raises(ValueError, match="y is -1; expected a share"):
        Crop(1.5, 0.5, -1.0)


def test_a_profile_frames_its_character(profile: CharacterProfile) -> None:
    closer = profile.with_crop(Crop(1.5, 0.5, 0.45))
    assert closer.crop() == Crop(1.5, 0.5, 0.45)
    ratio = avatar_of(closer).assets.face_width_px / avatar_of(profile).assets.face_width_px
    assert ratio == pytest.approx(1.5)
    assert profile.crop() == Crop()
