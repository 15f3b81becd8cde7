"""Coefficients to what a tracker would measure of the mouth: opening and width.

Both are linear in the coefficients. The weights are those of filmed faces (least squares of the
landmarks' distances on MediaPipe's coefficients over the corpus clips that may be learned from,
each about its own mean: R2 .94 and .88), in units of the distance between the outer eye corners;
works on numpy and torch alike.
"""

from __future__ import annotations

from typing import Any

OPENING: dict[str, float] = {
    "jawOpen": 0.38, "mouthClose": -0.36, "mouthFunnel": 0.12, "mouthLowerDown": 0.17,
    "mouthUpperUp": 0.11, "mouthRollLower": -0.06, "mouthRollUpper": -0.03,
    "mouthShrugLower": -0.08, "mouthPress": -0.03,
}  # fmt: skip
WIDTH: dict[str, float] = {
    "jawOpen": -0.04, "mouthFunnel": -0.13, "mouthPucker": -0.10, "mouthSmile": 0.15,
    "mouthStretch": 0.20, "mouthDimple": 0.06, "mouthPress": 0.02, "mouthUpperUp": 0.03,
    "mouthLowerDown": 0.03,
}  # fmt: skip


def measure(coefficients: dict[str, Any], weights: dict[str, float]) -> Any:
    """Opening or width from coefficients by name (without Left and Right)."""
    return sum(weight * coefficients[name] for name, weight in weights.items())
