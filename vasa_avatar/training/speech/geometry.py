"""Coefficients to what a tracker would measure of the mouth: opening and width.

Both are nearly linear in the coefficients. The weights are the renderer's (landmarks 13, 14 and 61,
291 of its own vertices, mean of the three shipped characters), in units of the distance between the
outer eye corners. Filmed faces, by least squares on MediaPipe's coefficients, have the same signs
and sizes (jawOpen .38, mouthClose -.36, mouthSmile .15, mouthStretch .22 ...), but a pucker of only
-.09. Works on numpy and torch alike.
"""

from __future__ import annotations

from typing import Any

OPENING: dict[str, float] = {
    "jawOpen": 0.455, "mouthClose": -0.455, "mouthFunnel": 0.135, "mouthLowerDown": 0.13,
    "mouthUpperUp": 0.12, "mouthShrugUpper": 0.07, "mouthDimple": 0.02, "mouthSmile": 0.01,
    "mouthRollLower": -0.01, "mouthRollUpper": -0.01, "mouthShrugLower": -0.01,
}  # fmt: skip
WIDTH: dict[str, float] = {
    "jawOpen": -0.068, "mouthFunnel": -0.24, "mouthPucker": -0.265, "mouthSmile": 0.175,
    "mouthStretch": 0.212, "mouthDimple": 0.077, "mouthPress": 0.156, "mouthUpperUp": 0.038,
    "mouthLowerDown": 0.017, "mouthRollUpper": -0.032,
}  # fmt: skip


def measure(coefficients: dict[str, Any], weights: dict[str, float]) -> Any:
    """Opening or width from coefficients by name (without Left and Right)."""
    return sum(weight * coefficients[name] for name, weight in weights.items())
