"""The head's pose from points: exact on the turned canonical face."""

from __future__ import annotations

import numpy as np
import pytest

from vasa_avatar.appearance.reading.head_pose import fit_head_pose
from vasa_avatar.geometry.canonical_face import canonical_face
from vasa_avatar.geometry.rotation import euler_angles, rotation_matrix


@pytest.mark.parametrize("angles_deg", [(0, 0, 0), (8, -20, 5), (-12, 15, -25)])
def test_recovers_a_turned_canonical_face(angles_deg: tuple[float, float, float]) -> None:
    angles = np.deg2rad(angles_deg)
    points = 17.0 * canonical_face().vertices @ rotation_matrix(angles).T + [300, 200, 0]
    fit = fit_head_pose(points * (1, 1, -1))
    np.testing.assert_allclose(euler_angles(fit.rotation), angles, atol=1e-5)
    assert fit.scale == pytest.approx(17.0)
    np.testing.assert_allclose(fit.offset, [300, 200, 0], atol=1e-4)


def test_canonical_face_is_upright_and_faces_the_viewer() -> None:
    face = canonical_face()
    chin, forehead, nose, ear = face.vertices[[152, 10, 1, 234]]
    assert chin[1] > nose[1] > forehead[1]
    assert nose[2] > ear[2]
    assert ear[0] < nose[0], "landmark 234 is the character's right, on the viewer's left"
    assert face.triangles.shape == (898, 3) and face.uv.shape == (468, 2)
