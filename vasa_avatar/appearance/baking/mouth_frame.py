"""Where the lips meet at rest, and how wide they smile: what teeth and tongue are placed by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vasa_avatar.appearance.baking.workbench import Workbench
from vasa_avatar.datatypes import ARKIT_INDEX, F32
from vasa_avatar.geometry import face_topology as topo

_SMILE = [ARKIT_INDEX["mouthSmileLeft"], ARKIT_INDEX["mouthSmileRight"]]


@dataclass(frozen=True, slots=True, eq=False)
class MouthFrame:
    """Axes of the mouth in space, and its sizes in face widths."""

    centre: F32
    """(3,)"""
    right: F32
    """(3,) unit, to the viewer's right"""
    down: F32
    """(3,) unit"""
    forward: F32
    """(3,) unit, towards the viewer"""
    width: float
    """from corner to corner at rest"""
    smile_half: float
    """from the middle to a corner of the inner lips in a full smile"""


def mouth_frame(bench: Workbench) -> MouthFrame:
    """Measure the mouth of the rest face, which the mesh already holds."""
    points = bench.mesh.points()
    inner = points[[*topo.LIP_INNER_UPPER[3:8], *topo.LIP_INNER_LOWER[3:8]]]
    corners = points[[61, 291]]
    # The line where lips meet follows the corners, the height follows the lips' middle.
    rotation = bench.fit.rotation
    ends = [topo.LIP_INNER_UPPER[0], topo.LIP_INNER_UPPER[-1]]
    smiling = points[ends] + bench.basis[_SMILE][:, ends].sum(0)
    return MouthFrame(
        centre=inner.mean(0).astype(np.float32),
        right=rotation[:, 0],
        down=rotation[:, 1],
        forward=rotation[:, 2],
        width=float(np.linalg.norm(corners[1] - corners[0])),
        smile_half=float(0.5 * abs((smiling[1] - smiling[0]) @ rotation[:, 0])),
    )
