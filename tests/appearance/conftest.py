"""What the tests of this part share: a generated portrait and the landmark nets."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from vasa_avatar.appearance.reading import FaceLandmarker, FaceLandmarks
from vasa_avatar.datatypes import U8
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets.store import ModelStore

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def store() -> ModelStore:
    """The user's own model store."""
    return ModelStore()


@pytest.fixture(scope="session")
def landmarker(store: ModelStore) -> FaceLandmarker:
    """The landmark nets; fetched on first use."""
    try:
        return FaceLandmarker(store.path("face_landmarker"))
    except ModelStoreError as error:
        pytest.skip(f"needs the landmark nets: {error}")


@pytest.fixture(scope="session")
def synthetic_rgb() -> U8:
    """(384, 384, 3) a generated face; no such person exists."""
    bgr = cv2.imread(str(DATA / "synthetic.png"))
    image: U8 = np.ascontiguousarray(bgr[..., ::-1])
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def synthetic_face(landmarker: FaceLandmarker, synthetic_rgb: U8) -> FaceLandmarks:
    """Its landmarks."""
    return landmarker.detect(synthetic_rgb)[0]
