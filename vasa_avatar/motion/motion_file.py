"""Motion files: MotionClip to .npz and back; degrees in the file, radians in memory.

The arrays are fps, names (52), expression (T, 52), head_rotation_deg (T, 3: pitch, yaw, roll),
head_translation (T, 3: x, y in face widths, distance - 1), gaze_deg (T, 2: pitch, yaw).
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np

from vasa_avatar.datatypes import ARKIT_NAMES, F32, K, MotionClip, as_degrees
from vasa_avatar.errors import MotionFileError
from vasa_avatar.output_file import whole_file

_WIDTHS = {"expression": K, "head_rotation_deg": 3, "head_translation": 3, "gaze_deg": 2}


def save_motion(clip: MotionClip, path: str | Path) -> None:
    """Write a clip; the file is named as given, without a suffix being added.

    Raises:
        OSError: it cannot be written; an older file is left as it was.
    """
    with whole_file(path) as part, part.open("wb") as file:
        np.savez_compressed(
            file,
            fps=np.float32(clip.fps),
            names=np.array(ARKIT_NAMES),
            expression=np.asarray(clip.expression, np.float32),
            head_rotation_deg=as_degrees(clip.head_rotation_rad),
            head_translation=np.asarray(clip.head_translation, np.float32),
            gaze_deg=as_degrees(clip.gaze_rad),
        )


def load_motion(path: str | Path) -> MotionClip:
    """Read a clip.

    Raises:
        MotionFileError: the file is missing, damaged, or has wrong names, shapes or values.
    """
    try:
        with Path(path).open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise MotionFileError(f"{path} holds one array; expected a motion file (.npz)")
            arrays = {name: archive[name] for name in archive.files}
    except FileNotFoundError:
        raise MotionFileError(f"{path} does not exist; expected a motion file (.npz)") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise MotionFileError(f"{path} cannot be read as a motion file (.npz): {error}") from error
    return _as_clip(arrays, path)


def _as_clip(arrays: dict[str, np.ndarray], path: str | Path) -> MotionClip:
    missing = sorted({"fps", "names", *_WIDTHS} - set(arrays))
    if missing:
        raise MotionFileError(f"{path} lacks {', '.join(missing)}; expected a vasa motion file")
    names = tuple(arrays["names"].tolist())
    if sorted(map(str, names)) != sorted(ARKIT_NAMES):
        raise MotionFileError(
            f"{path} names {len(names)} coefficients that are not the {K} ARKit names"
        )
    fps = _fps(arrays["fps"], path)
    values = {name: _matrix(arrays, name, width, path) for name, width in _WIDTHS.items()}
    lengths = {len(value) for value in values.values()}
    if len(lengths) != 1 or 0 in lengths:
        shapes = ", ".join(f"{name} {value.shape}" for name, value in values.items())
        raise MotionFileError(f"{path} has {shapes}; expected the same number of frames, 1 or more")
    order = [names.index(name) for name in ARKIT_NAMES]
    expression = np.clip(values["expression"][:, order], 0.0, 1.0)
    return MotionClip(
        fps,
        _frozen(expression),
        _frozen(np.deg2rad(values["head_rotation_deg"])),
        _frozen(values["head_translation"]),
        _frozen(np.deg2rad(values["gaze_deg"])),
    )


def _fps(value: np.ndarray, path: str | Path) -> float:
    if value.size != 1 or not np.issubdtype(value.dtype, np.number):
        raise MotionFileError(f"{path} has an fps of shape {value.shape}; expected one number")
    fps = float(value.reshape(()))
    if not 1.0 <= fps <= 240.0:
        raise MotionFileError(f"{path} has {fps:g} fps; expected 1 to 240")
    return fps


def _matrix(arrays: dict[str, np.ndarray], name: str, width: int, path: str | Path) -> F32:
    value = arrays[name]
    if value.ndim != 2 or value.shape[1] != width or not np.issubdtype(value.dtype, np.number):
        raise MotionFileError(
            f"{path} has {name} of shape {value.shape} ({value.dtype}); expected (T, {width})"
        )
    if not np.isfinite(value).all():
        raise MotionFileError(f"{path} has values in {name} that are not finite")
    return value.astype(np.float32)


def _frozen(array: np.ndarray) -> F32:
    out = np.ascontiguousarray(array, np.float32)
    out.flags.writeable = False
    return out


def resample_motion(clip: MotionClip, fps: float) -> MotionClip:
    """The same motion at another frame rate, interpolated linearly.

    Frame n of a clip is the face at (n + 0.5) / fps; the result lasts as long as the clip did,
    rounded to whole frames.
    """
    if fps == clip.fps:
        return clip
    count = max(1, round(len(clip) * fps / clip.fps))
    position = np.clip((np.arange(count) + 0.5) * clip.fps / fps - 0.5, 0, len(clip) - 1)
    left = np.minimum(position.astype(np.int64), max(len(clip) - 2, 0))
    right = np.minimum(left + 1, len(clip) - 1)
    share = (position - left)[:, None].astype(np.float32)

    def between(rows: F32) -> F32:
        return _frozen(rows[left] * (1 - share) + rows[right] * share)

    return MotionClip(
        fps,
        between(clip.expression),
        between(clip.head_rotation_rad),
        between(clip.head_translation),
        between(clip.gaze_rad),
    )
