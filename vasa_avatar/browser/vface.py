"""An avatar to a `.vface` file: what a browser needs to draw the same face by itself.

    8 bytes  "VASAFACE"
    u32      version, 1; all integers are little-endian
    u32      bytes of the header
    u32      bytes of the body as packed
    u32      bytes of the body unpacked
    header   JSON: single numbers, the arrays of the body, the pictures
    body     arrays one after another, each padded to 4 bytes; packed by zlib
    pictures one after another: WebP, in the order of the header

docs/vface.md says what every name means.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from vasa_avatar.datatypes import K
from vasa_avatar.errors import AvatarFileError
from vasa_avatar.render.assets import N_LAYERS, EyeTables, MeshAssets
from vasa_avatar.safety import LIVE, MarkPayload, mark_tile

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar

MAGIC = b"VASAFACE"
VERSION = 1
BASIS_STEP = 1e-4
"""face widths; a thirtieth of a pixel at 512 pixels, a twelfth of what anyone sees"""
LEAST_SHIFT = 1.5e-4
"""face widths; a vertex that a unit moves less than this is left out of the unit"""
COLOUR_QUALITY = 94
PLATE_QUALITY = 92
_FILE_HEAD = struct.Struct("<8sIIII")
_SIDES = ("right", "left")
_EYE_TABLES = ("upper", "lower", "sheet", "lash", "fringe", "iris")
_PLAIN = (
    "vertices", "uv", "turn_uv", "turn_side", "head_weight", "shift_weight", "distance_weight",
    "breath_px", "light", "copy_offset", "lip_rest_gap", "shade_frame", "pivot_px", "pose_gain",
    "rest_rotation", "gaze_rest_rad", "gaze_gain", "unit_curve",
)  # fmt: skip
"""fields of MeshAssets that stand in the body as they are"""
_TYPE_NAMES = {"float32": "f32", "uint16": "u16", "int16": "i16", "uint8": "u8", "int8": "i8"}
_Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class FaceFileParts:
    """How many bytes of a `.vface` file are what."""

    header: int
    body: int
    pictures: tuple[tuple[str, int], ...]


def vface_bytes(
    avatar: Avatar,
    name: str = "",
    *,
    is_synthetic: bool = True,
    mark: MarkPayload | None = MarkPayload(flags=LIVE),  # noqa: B008  (frozen)
) -> bytes:
    """The file of one avatar.

    Args:
        avatar: who is seen.
        name: of the character, for whoever shows it.
        is_synthetic: whether the portrait shows nobody who exists.
        mark: what the mark over every picture says; no mark when None.

    Raises:
        AvatarFileError: the mesh has more vertices than a browser's index can name.
    """
    assets = avatar.assets
    arrays = _arrays(assets)
    if mark is not None:
        arrays["mark"] = mark_tile(mark, avatar.is_drawn)
    body, table = _packed(arrays)
    pictures = _pictures(assets)
    header = {
        "name": name,
        "synthetic": is_synthetic,
        "texels_per_px": assets.texels_per_px,
        "face_width_px": assets.face_width_px,
        "distance_gain": assets.distance_gain,
        "basis_step": BASIS_STEP,
        "ball_radius": [eye.ball_radius for eye in assets.eyes],
        "meet": [eye.meet for eye in assets.eyes],
        "arrays": table,
        "pictures": [
            {"name": label, "type": "image/webp", "bytes": len(data)} for label, data in pictures
        ],
    }
    text = json.dumps(header, separators=(",", ":")).encode()
    packed = zlib.compress(body, 9)
    head = _FILE_HEAD.pack(MAGIC, VERSION, len(text), len(packed), len(body))
    return b"".join([head, text, packed, *(data for _, data in pictures)])


def read_parts(data: bytes) -> FaceFileParts:
    """What a file consists of, without unpacking it.

    Raises:
        AvatarFileError: it is no `.vface` file of this version.
    """
    if len(data) < _FILE_HEAD.size or data[:8] != MAGIC:
        raise AvatarFileError("this is no .vface file; make one with `vasa-avatar export face`")
    _, version, n_header, n_body, _ = _FILE_HEAD.unpack_from(data)
    if version != VERSION:
        raise AvatarFileError(f"the .vface file is version {version}; expected {VERSION}")
    header = json.loads(data[_FILE_HEAD.size : _FILE_HEAD.size + n_header])
    pictures = tuple((entry["name"], int(entry["bytes"])) for entry in header["pictures"])
    return FaceFileParts(n_header, n_body, pictures)


def _arrays(assets: MeshAssets) -> _Arrays:
    """Everything for the body, in the file's types."""
    n_vertices = len(assets.vertices)
    if n_vertices > 0xFFFF:
        raise AvatarFileError(f"the avatar has {n_vertices} vertices; a .vface file holds 65535")
    assert assets.triangle_layer.max(initial=0) < N_LAYERS
    arrays: _Arrays = {name: np.asarray(getattr(assets, name), np.float32) for name in _PLAIN}
    for name in ("triangles", "copies", "lip_pairs"):
        arrays[name] = getattr(assets, name).astype(np.uint16)
    for name in ("triangle_layer", "triangle_kind", "shading_units"):
        arrays[name] = getattr(assets, name).astype(np.uint8)
    arrays["shading"] = assets.shading
    if assets.hang is not None:
        arrays["hang"] = assets.hang
    arrays |= _sparse_basis(assets.basis)
    for side, eye in zip(_SIDES, assets.eyes, strict=True):
        arrays |= _eye_arrays(side, eye)
    return arrays


def _eye_arrays(side: str, eye: EyeTables) -> _Arrays:
    arrays: _Arrays = {
        f"{side}_{name}": np.asarray(getattr(eye, name), np.uint16) for name in _EYE_TABLES
    }
    arrays[f"{side}_iris_offset"] = np.asarray(eye.iris_offset, np.float32)
    arrays[f"{side}_ball_centre"] = np.asarray(eye.ball_centre, np.float32)
    return arrays


def _sparse_basis(basis: NDArray[np.float32]) -> _Arrays:
    """(52, N, 3) displacements as steps, for the vertices that a unit moves."""
    assert len(basis) == K
    unit, vertex = np.nonzero(np.abs(basis).max(2) >= LEAST_SHIFT)
    steps = np.rint(basis[unit, vertex] / BASIS_STEP)
    return {
        "basis_count": np.bincount(unit, minlength=K).astype(np.uint16),
        "basis_vertex": vertex.astype(np.uint16),
        # Axis by axis: neighbours are then alike, and pack better.
        "basis_steps": np.ascontiguousarray(steps.T.clip(-32767, 32767)).astype(np.int16),
    }


def _packed(arrays: _Arrays) -> tuple[bytes, list[dict[str, Any]]]:
    parts: list[bytes] = []
    table: list[dict[str, Any]] = []
    for name, array in arrays.items():
        data = np.ascontiguousarray(array).tobytes()
        parts.append(data + b"\0" * (-len(data) % 4))
        type_name = _TYPE_NAMES[array.dtype.name]
        table.append({"name": name, "type": type_name, "shape": list(array.shape)})
    return b"".join(parts), table


def _pictures(assets: MeshAssets) -> list[tuple[str, bytes]]:
    """Colour (premultiplied) and coverage of the texture apart: no browser then meddles with
    either, and coverage stays exact; last the plate."""
    colour = assets.atlas_bgra[..., 2::-1]
    coverage = assets.atlas_bgra[..., 3]
    return [
        ("colour", _webp(colour, quality=COLOUR_QUALITY)),
        ("coverage", _webp(coverage, lossless=True, quality=100)),
        ("plate", _webp(assets.plate_rgb, quality=PLATE_QUALITY)),
    ]


def _webp(picture: NDArray[np.uint8], **options: Any) -> bytes:
    file = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(picture)).convert("RGB")
    image.save(file, "WEBP", method=4, **options)
    return file.getvalue()
