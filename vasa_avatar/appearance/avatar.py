"""Avatar: one baked portrait, and its file.

The file is an .npz without pickles: arrays under their field's name, pictures as PNG bytes, a JSON
header with the format version. Version and names are checked on load.
"""

from __future__ import annotations

import dataclasses
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from vasa_avatar.datatypes import U8
from vasa_avatar.errors import AvatarFileError
from vasa_avatar.output_file import whole_file
from vasa_avatar.render.assets import EyeTables, MeshAssets

FORMAT = "vasa-avatar"
FORMAT_VERSION = 3
"""version of the file's layout"""
BAKE_VERSION = 30
"""raised whenever a bake would give another picture; caches are keyed by it"""

_PICTURES = ("atlas_bgra", "plate_rgb")
_HALF = ("basis",)
_EYES = ("right", "left")
_Stored = NDArray[np.generic]


@dataclass(frozen=True, slots=True, eq=False)
class Avatar:
    """Appearance of one character: everything that does not move by itself."""

    assets: MeshAssets
    warnings: tuple[str, ...] = ()
    """what the bake had to say about the portrait"""
    is_drawn: bool = False
    """baked as a drawing: its mouths and eyes move as animators draw them"""

    def save(self, path: Path | str) -> None:
        """Write the avatar file.

        Args:
            path: usually `avatar.npz`.

        Raises:
            OSError: it cannot be written; an older file is left as it was.
        """
        arrays: dict[str, Any] = {}  # numpy's stub takes its own options under such names too
        for field in dataclasses.fields(MeshAssets):
            value = getattr(self.assets, field.name)
            if field.name != "eyes" and value is not None:
                arrays[field.name] = _stored(field.name, np.asarray(value))
        for side, eye in zip(_EYES, self.assets.eyes, strict=True):
            for field in dataclasses.fields(EyeTables):
                arrays[f"eye_{side}_{field.name}"] = np.asarray(getattr(eye, field.name))
        header = {
            "format": FORMAT,
            "version": FORMAT_VERSION,
            "bake": BAKE_VERSION,
            "synthetic": True,
            "warnings": list(self.warnings),
            "drawn": self.is_drawn,
        }
        arrays["header"] = np.frombuffer(json.dumps(header).encode(), np.uint8)
        with whole_file(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **arrays)


def load_avatar(path: Path | str) -> Avatar:
    """Read an avatar file.

    Raises:
        AvatarFileError: missing, damaged, of another version, or not an avatar.
    """
    try:
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except FileNotFoundError as error:
        raise AvatarFileError(f"{path} does not exist; expected an avatar file") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, KeyError) as error:
        raise AvatarFileError(
            f"{path} cannot be read as an avatar ({error}); bake it again from its portrait"
        ) from error
    header = _read_header(path, arrays)
    try:
        assets = _read_assets(arrays)
    except KeyError as error:
        raise AvatarFileError(
            f"{path} lacks {error}; the file is damaged, bake it again from its portrait"
        ) from error
    problem = _wrong_indices(assets)
    if problem:
        raise AvatarFileError(f"{path}: {problem}; the file is damaged, bake it again")
    return Avatar(assets, header.warnings, header.is_drawn)


def _wrong_indices(assets: MeshAssets) -> str:
    """What the renderer could not trust: indices that point outside the arrays they index."""
    n = len(assets.vertices)
    tables = {"triangles": assets.triangles, "copies": assets.copies, "lips": assets.lip_pairs}
    for side, eye in zip(_EYES, assets.eyes, strict=True):
        for name in ("upper", "lower", "sheet", "lash", "fringe", "iris"):
            tables[f"{side} {name}"] = getattr(eye, name)
    for name, table in tables.items():
        if table.size and (int(table.min()) < 0 or int(table.max()) >= n):
            return f"{name} point outside the {n} vertices"
    per_vertex = (
        assets.uv,
        assets.turn_uv,
        assets.turn_side,
        assets.light,
        assets.head_weight,
        assets.breath_px,
        assets.basis[0],
        *(() if assets.hang is None else (assets.hang,)),
    )
    if any(len(array) != n for array in per_vertex):
        return f"some arrays do not have one row for each of the {n} vertices"
    if not all(np.isfinite(array).all() for array in (assets.vertices, assets.uv, assets.basis)):
        return "some positions are not finite numbers"
    return ""


@dataclass(frozen=True, slots=True)
class _Header:
    warnings: tuple[str, ...]
    is_drawn: bool


def _read_header(path: Path | str, arrays: dict[str, _Stored]) -> _Header:
    if "header" not in arrays:
        raise AvatarFileError(f"{path} is an .npz file but no avatar (it has no header)")
    try:
        header = json.loads(arrays["header"].tobytes().decode())
    except ValueError as error:
        raise AvatarFileError(f"{path} has a damaged header; bake it again") from error
    if header.get("format") != FORMAT or header.get("version") != FORMAT_VERSION:
        raise AvatarFileError(
            f"{path} is {header.get('format')!r} version {header.get('version')}; this program "
            f"reads {FORMAT!r} version {FORMAT_VERSION}: bake the portrait again"
        )
    return _Header(tuple(header.get("warnings", ())), bool(header.get("drawn", False)))


def _read_assets(arrays: dict[str, _Stored]) -> MeshAssets:
    values: dict[str, Any] = {}  # fields of several types, by their names
    for field in dataclasses.fields(MeshAssets):
        if field.name == "eyes":
            continue
        if field.name == "hang" and "hang" not in arrays:
            continue  # nothing hangs
        value = arrays[field.name]
        if field.name in _PICTURES:
            value = _from_png(value)
        elif field.name in _HALF:
            value = value.astype(np.float32)
        values[field.name] = _plain(value)
    right, left = (_read_eye(arrays, side) for side in _EYES)
    return MeshAssets(eyes=(right, left), **values)


def _read_eye(arrays: dict[str, _Stored], side: str) -> EyeTables:
    values: dict[str, Any] = {  # fields of several types, by their names
        field.name: _plain(arrays[f"eye_{side}_{field.name}"])
        for field in dataclasses.fields(EyeTables)
    }
    return EyeTables(**values)


def _plain(value: _Stored) -> _Stored | float:
    if value.ndim == 0:
        return float(value[()])
    value = np.ascontiguousarray(value)
    value.flags.writeable = False
    return value


def _stored(name: str, value: _Stored) -> _Stored:
    """An array of the assets as the file has it."""
    if name in _PICTURES:
        return _to_png(value)
    return value.astype(np.float16) if name in _HALF else value


def _to_png(picture: _Stored) -> U8:
    done, data = cv2.imencode(".png", picture.astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 7])
    assert done
    return np.asarray(data, np.uint8).ravel()


def _from_png(data: _Stored) -> U8:
    picture = cv2.imdecode(data.astype(np.uint8), cv2.IMREAD_UNCHANGED)
    if picture is None:
        raise KeyError("picture data")
    return np.asarray(picture, np.uint8)
