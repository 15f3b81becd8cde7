"""How far what a drawing shows around a face hangs: long hair, tails, the neck's skin.

It follows the head a little later (`FaceMotion.trail`): not at all above the eyes and on the face,
fully half a face width off the face and as far below the eyes.
"""

from __future__ import annotations

import cv2
import numpy as np

from vasa_avatar.appearance.picture import texture
from vasa_avatar.datatypes import F32
from vasa_avatar.geometry import face_topology as topo

OFF_FACE, BELOW_EYES = 0.5, 0.5
"""face widths from which on a vertex hangs fully"""


def hanging(vertices: F32) -> F32:
    """(N,) 0..1 for vertices (N, 3) at rest, face widths, the face's landmarks first."""
    outline = vertices[list(topo.FACE_OVAL), :2]
    off_px = np.array([cv2.pointPolygonTest(outline, (float(x), float(y)), True)
                       for x, y in vertices[:, :2]])  # fmt: skip
    eyes_y = vertices[list(topo.RIGHT_EYE_UPPER + topo.LEFT_EYE_UPPER), 1].mean()
    off = texture.smoothstep(0.0, OFF_FACE, -off_px)
    hang = off * texture.smoothstep(0.0, BELOW_EYES, vertices[:, 1] - eyes_y)
    hang[: topo.N_MESH] = 0.0
    return hang.astype(np.float32)
