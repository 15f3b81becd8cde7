"""The file for browsers holds what the avatar holds, as exactly as it promises."""

from __future__ import annotations

import io
import json
import re
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flat_avatar import flat_avatar
from PIL import Image

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.browser import face_module_folder, read_parts, vface_bytes
from vasa_avatar.browser.vface import BASIS_STEP, LEAST_SHIFT
from vasa_avatar.cli import main
from vasa_avatar.datatypes import ARKIT_NAMES
from vasa_avatar.errors import AvatarFileError
from vasa_avatar.render import assets

SHIPPED = sorted((Path(__file__).parents[2] / "character_profiles").glob("*/avatar.npz"))
MODULE = face_module_folder()
TYPES = {"f32": "<f4", "u16": "<u2", "i16": "<i2", "u8": "u1", "i8": "i1"}


def unpack(data: bytes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Header, arrays and pictures, read by docs/vface.md alone."""
    _, _, n_header, n_packed, n_body = struct.unpack_from("<8sIIII", data)
    header = json.loads(data[24 : 24 + n_header])
    at = 24 + n_header
    body = zlib.decompress(data[at : at + n_packed])
    assert len(body) == n_body
    arrays, offset = {}, 0
    for entry in header["arrays"]:
        count = int(np.prod(entry["shape"]))
        array = np.frombuffer(body, TYPES[entry["type"]], count, offset)
        arrays[entry["name"]] = array.reshape(entry["shape"])
        offset += -(-array.nbytes // 4) * 4
    assert offset == n_body
    pictures, at = {}, at + n_packed
    for entry in header["pictures"]:
        pictures[entry["name"]] = np.asarray(Image.open(io.BytesIO(data[at : at + entry["bytes"]])))
        at += entry["bytes"]
    assert at == len(data)
    return header, arrays, pictures


@pytest.fixture(scope="module", params=SHIPPED, ids=lambda path: path.parent.name)
def shipped(request: pytest.FixtureRequest) -> tuple[Avatar, bytes]:
    avatar = load_avatar(request.param)
    return avatar, vface_bytes(avatar, "Somebody")


def test_a_shipped_character_takes_little(shipped: tuple[Avatar, bytes]) -> None:
    _, data = shipped
    assert len(data) <= 1_500_000
    parts = read_parts(data)
    assert [name for name, _ in parts.pictures] == ["colour", "coverage", "plate"]
    assert sum(n for _, n in parts.pictures) + parts.header + parts.body + 24 == len(data)


def test_everything_comes_back(shipped: tuple[Avatar, bytes]) -> None:
    avatar, data = shipped
    told = avatar.assets
    header, arrays, pictures = unpack(data)
    assert header["name"] == "Somebody" and header["synthetic"] is True
    for name in ("vertices", "uv", "unit_curve", "copy_offset", "light", "shading", "triangles"):
        assert np.array_equal(arrays[name], getattr(told, name)), name
    for side, eye in zip(("right", "left"), told.eyes, strict=True):
        assert np.array_equal(arrays[f"{side}_sheet"], eye.sheet)
    assert np.array_equal(pictures["coverage"][..., 1], told.atlas_bgra[..., 3])
    colour = np.abs(pictures["colour"].astype(int) - told.atlas_bgra[..., 2::-1])
    assert colour.mean() < 1.5
    assert np.abs(pictures["plate"].astype(int) - told.plate_rgb).mean() < 1.5


def test_the_sparse_basis_is_the_basis(shipped: tuple[Avatar, bytes]) -> None:
    avatar, data = shipped
    _, arrays, _ = unpack(data)
    basis = np.zeros_like(avatar.assets.basis)
    unit = np.repeat(np.arange(52), arrays["basis_count"])
    basis[unit, arrays["basis_vertex"]] = arrays["basis_steps"].T * BASIS_STEP
    assert np.abs(basis - avatar.assets.basis).max() <= max(BASIS_STEP / 2 + 1e-7, LEAST_SHIFT)


def test_the_module_knows_every_layer_and_coefficient() -> None:
    pose = (MODULE / "pose.js").read_text()
    table = pose.partition("LAYER = Object.freeze({")[2].partition("}")[0]
    layers = re.findall(r"([A-Z_]+): (\d+)", table)
    ours = {n.removeprefix("LAYER_"): v for n, v in vars(assets).items() if n.startswith("LAYER_")}
    assert {name: int(value) for name, value in layers} == ours
    assert f"const N_LAYERS = {assets.N_LAYERS};" in (MODULE / "face-file.js").read_text()
    assert f"float alphas[{assets.N_LAYERS + 1}]" in (MODULE / "programs.js").read_text()
    names = (MODULE / "motion.js").read_text().partition("freeze([")[2].partition("]")[0]
    assert tuple(re.findall(r"\w+", names)) == ARKIT_NAMES


def test_what_is_no_face_file_is_refused() -> None:
    with pytest.raises(AvatarFileError, match="export face"):
        read_parts(b"VASAFACF" + bytes(40))
    data = bytearray(vface_bytes(flat_avatar()))
    data[8] = 2
    with pytest.raises(AvatarFileError, match="version 2; expected 1"):
        read_parts(bytes(data))


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "iris.vface"
    assert main(["export", "face", "iris", "--out", str(out)]) == 0
    assert f"{out}: 0." in capsys.readouterr().out
    assert unpack(out.read_bytes())[0]["name"] == "Iris"


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "face", "iris", "--out", str(tmp_path / "iris.png")]) == 2
    assert "ends in .vface" in capsys.readouterr().err
    assert main(["export", "face", "nobody", "--out", str(tmp_path / "x.vface")]) == 1
    assert "there is no character 'nobody'" in capsys.readouterr().err
