"""One frame's motion to 70 bytes and back, for whoever draws the face elsewhere.

52 bytes: the coefficients, 0..255 for 0..1, in the order of `ARKIT_NAMES`; then nine signed 16-bit
integers, little-endian, 8192 steps to one radian, face width or ratio: head pitch, yaw, roll; head
x, y, distance - 1; gaze pitch, yaw; breath.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32, FaceMotion, HeadPose, K

STEPS_PER_UNIT = 8192
N_NUMBERS = 9
MOTION_BYTES = K + 2 * N_NUMBERS


def pack_motion(motion: FaceMotion) -> bytes:
    """The 70 bytes of one frame; what does not fit is held at the end of its range."""
    coefficients = np.rint(255.0 * motion.expression.clip(0.0, 1.0)).astype(np.uint8)
    numbers = np.empty(N_NUMBERS, np.float64)
    numbers[0:3] = motion.head.rotation_rad
    numbers[3:6] = motion.head.translation
    numbers[6:8] = motion.gaze_rad
    numbers[8] = motion.breath
    steps = np.rint(numbers * STEPS_PER_UNIT).clip(-32768, 32767).astype("<i2")
    return coefficients.tobytes() + steps.tobytes()


def unpack_motion(data: bytes) -> FaceMotion:
    """The motion of one frame.

    Raises:
        ValueError: another number of bytes.
    """
    if len(data) != MOTION_BYTES:
        raise ValueError(f"motion has {len(data)} bytes; expected {MOTION_BYTES}")
    expression = np.frombuffer(data, np.uint8, K).astype(np.float32) / np.float32(255.0)
    steps = np.frombuffer(data, "<i2", N_NUMBERS, K)
    numbers: F32 = steps.astype(np.float32) / np.float32(STEPS_PER_UNIT)
    head = HeadPose(numbers[0:3], numbers[3:6])
    return FaceMotion(expression, head, numbers[6:8], float(numbers[8]))
