"""The avatar file: what is saved comes back, what is damaged is refused with advice."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.appearance import Avatar, load_avatar
from vasa_avatar.errors import AvatarFileError

SHIPPED = sorted((Path(__file__).parents[2] / "character_profiles").glob("*/avatar.npz"))


@pytest.fixture(scope="module")
def avatar() -> Avatar:
    return load_avatar(SHIPPED[0])


def test_three_characters_ship_under_eight_megabytes() -> None:
    assert len(SHIPPED) >= 3
    assert all(path.stat().st_size < 8_000_000 for path in SHIPPED)


def test_saved_and_loaded_is_the_same(avatar: Avatar, tmp_path: Path) -> None:
    noted = dataclasses.replace(avatar, warnings=("the face is small",))
    noted.save(tmp_path / "a.npz")
    again = load_avatar(tmp_path / "a.npz")
    assert again.warnings == noted.warnings
    for field in dataclasses.fields(avatar.assets):
        if field.name == "eyes":
            continue
        ours, theirs = getattr(avatar.assets, field.name), getattr(again.assets, field.name)
        assert np.array_equal(ours, theirs), field.name
    assert np.array_equal(avatar.assets.eyes[1].upper, again.assets.eyes[1].upper)


def test_what_hangs_is_saved_and_is_missing_where_nothing_does(
    avatar: Avatar, tmp_path: Path
) -> None:
    assert avatar.assets.hang is None
    hang = np.linspace(0, 1, len(avatar.assets.vertices), dtype=np.float32)
    hairy = dataclasses.replace(avatar, assets=dataclasses.replace(avatar.assets, hang=hang))
    hairy.save(tmp_path / "a.npz")
    again = load_avatar(tmp_path / "a.npz").assets.hang
    assert again is not None and np.array_equal(again, hang)
    short = dataclasses.replace(hairy, assets=dataclasses.replace(avatar.assets, hang=hang[1:]))
    short.save(tmp_path / "b.npz")
    with pytest.raises(AvatarFileError, match="one row for each"):
        load_avatar(tmp_path / "b.npz")


def test_arrays_are_read_only(avatar: Avatar) -> None:
    with pytest.raises(ValueError, match="read-only"):
        avatar.assets.vertices[0, 0] = 1.0


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AvatarFileError, match="does not exist"):
        load_avatar(tmp_path / "nobody.npz")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no zip", b"\x89PNG\r\n"])
def test_damaged_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    with pytest.raises(AvatarFileError, match="cannot be read as an avatar"):
        load_avatar(path)


def test_other_npz_files_are_no_avatars(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", numbers=np.arange(3))
    with pytest.raises(AvatarFileError, match="no avatar"):
        load_avatar(tmp_path / "a.npz")


def test_another_version_says_what_to_do(tmp_path: Path) -> None:
    header = json.dumps({"format": "vasa-avatar", "version": 99}).encode()
    np.savez(tmp_path / "a.npz", header=np.frombuffer(header, np.uint8))
    with pytest.raises(AvatarFileError, match="version 99.*bake the portrait again"):
        load_avatar(tmp_path / "a.npz")


def test_a_lost_array_is_named(avatar: Avatar, tmp_path: Path) -> None:
    avatar.save(tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz") as file:
        kept = {name: file[name] for name in file.files if name != "uv"}
    np.savez(tmp_path / "b.npz", **kept)
    with pytest.raises(AvatarFileError, match="'uv'"):
        load_avatar(tmp_path / "b.npz")


def test_indices_that_point_outside_are_refused(avatar: Avatar, tmp_path: Path) -> None:
    triangles = avatar.assets.triangles.copy()
    triangles[5, 1] = 10**6
    broken = Avatar(dataclasses.replace(avatar.assets, triangles=triangles))
    broken.save(tmp_path / "a.npz")
    with pytest.raises(AvatarFileError, match="triangles point outside"):
        load_avatar(tmp_path / "a.npz")
