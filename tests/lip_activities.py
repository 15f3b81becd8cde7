"""Activities of the lips' articulators, as the speech network tells them."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32
from vasa_avatar.motion.speech.articulation import ARTICULATORS


def activities(**values: float) -> F32:
    """(1, n) one row; those not named rest."""
    row = np.zeros((1, len(ARTICULATORS)), np.float32)
    for name, value in values.items():
        row[0, ARTICULATORS.index(name)] = value
    return row
