"""The cache of baked avatars; the bake itself is replaced by a shipped result."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar import folders
from vasa_avatar.appearance import Avatar, avatar_of, cached_avatar, load_avatar
from vasa_avatar.errors import PortraitError
from vasa_avatar.profiles import CharacterProfile, load_profile


class CountingBake:
    """Gives one avatar and remembers what it was asked for."""

    def __init__(self, avatar: Avatar) -> None:
        self.avatar = avatar
        self.calls: list[Path] = []

    def __call__(self, portrait: Path) -> Avatar:
        self.calls.append(portrait)
        return self.avatar


@pytest.fixture
def profile() -> CharacterProfile:
    return load_profile("iris")


@pytest.fixture
def bake(profile: CharacterProfile) -> CountingBake:
    assert profile.avatar is not None
    return CountingBake(load_avatar(profile.avatar))


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VASA_AVATAR_CACHE", str(tmp_path))
    return tmp_path / "avatars"


def test_a_portrait_is_baked_once(
    profile: CharacterProfile, bake: CountingBake, cache: Path
) -> None:
    first = cached_avatar(profile.portrait, bake)
    second = cached_avatar(profile.portrait, bake)
    assert bake.calls == [profile.portrait]
    assert np.array_equal(first.assets.atlas_bgra, second.assets.atlas_bgra)
    assert len(list(cache.glob("*.npz"))) == 1
    assert not list(cache.glob("bake-*"))


def test_the_same_picture_under_another_name_is_not_baked_again(
    profile: CharacterProfile, bake: CountingBake, cache: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(profile.portrait.read_bytes())
    cached_avatar(profile.portrait, bake)
    cached_avatar(copy, bake)
    assert len(bake.calls) == 1
    copy.write_bytes(copy.read_bytes() + b"x")
    cached_avatar(copy, bake)
    assert len(bake.calls) == 2


def test_a_damaged_file_is_baked_again_with_a_warning(
    profile: CharacterProfile, bake: CountingBake, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cached_avatar(profile.portrait, bake)
    next(cache.glob("*.npz")).write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        cached_avatar(profile.portrait, bake)
    assert len(bake.calls) == 2
    assert "damaged or old" in caplog.text


def test_a_cache_that_cannot_be_written_is_only_slower(
    profile: CharacterProfile, bake: CountingBake, cache: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("a file stands where the folder should be")
    cached_avatar(profile.portrait, bake)
    assert len(bake.calls) == 1
    assert "could not be kept" in caplog.text


def test_a_character_brings_its_own_avatar_or_is_baked(
    profile: CharacterProfile, bake: CountingBake, cache: Path, tmp_path: Path
) -> None:
    avatar_of(profile, bake)
    assert not bake.calls
    without = profile.model_copy(update={"avatar": None})
    avatar_of(without, bake)
    damaged = tmp_path / "damaged.npz"
    damaged.write_bytes(b"no avatar")
    avatar_of(profile.model_copy(update={"avatar": damaged}), bake)
    assert len(bake.calls) == 1  # the second time from the cache


def test_a_missing_picture_is_refused(bake: CountingBake, cache: Path) -> None:
    with pytest.raises(PortraitError, match=r"there is no picture nowhere\.png"):
        cached_avatar("nowhere.png", bake)


def test_one_that_can_only_be_read_is_read(
    profile: CharacterProfile, bake: CountingBake, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached_avatar(profile.portrait, bake)

    def refuse(path: Path) -> None:
        raise PermissionError(f"{path} is read-only")

    monkeypatch.setattr(os, "utime", refuse)
    monkeypatch.setattr(folders, "can_be_written", lambda folder: False)
    cached_avatar(profile.portrait, bake)
    assert len(bake.calls) == 1


def test_without_any_folder_it_is_baked_every_time(
    profile: CharacterProfile,
    bake: CountingBake,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(folders, "can_be_written", lambda folder: False)
    monkeypatch.setenv("VASA_AVATAR_CACHE", "/nowhere")
    for times in (1, 2):
        cached_avatar(profile.portrait, bake)
        assert len(bake.calls) == times
    assert "set VASA_AVATAR_CACHE to a folder" in caplog.text


def test_other_points_by_hand_are_another_avatar(
    profile: CharacterProfile, bake: CountingBake, cache: Path, tmp_path: Path
) -> None:
    points = tmp_path / "points.json"
    for marks in ("{}", "{}", '{"chin": [1, 2]}'):
        points.write_text(marks)
        cached_avatar(profile.portrait, bake, points)
    cached_avatar(profile.portrait, bake)
    assert len(bake.calls) == 3 and len(list(cache.glob("*.npz"))) == 3
