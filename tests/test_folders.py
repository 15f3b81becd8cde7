"""Where things are kept, and where not: chosen, the user's own, temporary, nowhere."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import platformdirs
import pytest

from vasa_avatar import folders
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets import ModelStore

needs_owners = pytest.mark.skipif(sys.platform == "win32", reason="owners are a POSIX matter")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The machine's folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user who is in no list and has no HOME; platformdirs refuses to guess."""

    def refuse(name: str) -> str:
        raise RuntimeError(f"no home for {name}")

    monkeypatch.delenv(folders.CACHE_VARIABLE, raising=False)
    monkeypatch.setattr(platformdirs, "user_cache_dir", refuse)
    monkeypatch.setattr(platformdirs, "user_data_dir", refuse)


def own(temporary: Path) -> Path:
    """This user's folder among the temporary files."""
    return temporary / f"vasa-avatar-{os.geteuid()}"


def test_the_chosen_folder_comes_alone(tmp_path: Path) -> None:
    chosen = {folders.CACHE_VARIABLE: str(tmp_path / "new" / "kept")}
    assert folders.cache_folders(chosen) == (tmp_path / "new" / "kept",)
    assert not (tmp_path / "new").exists()


def test_otherwise_it_is_the_users_own() -> None:
    assert folders.cache_folders({})[0].name == "vasa-avatar"


@needs_owners
def test_one_that_cannot_be_written_is_still_read(temporary: Path) -> None:
    (temporary / "file").write_text("in the way")
    chosen = {folders.CACHE_VARIABLE: str(temporary / "file")}
    assert folders.cache_folders(chosen) == (temporary / "file", own(temporary))


@needs_owners
@pytest.mark.usefixtures("no_home")
def test_without_a_home_a_private_temporary_folder_is_taken(temporary: Path) -> None:
    assert folders.cache_folder_to_write() == own(temporary)
    assert own(temporary).stat().st_mode & 0o777 == 0o700
    assert folders.user_data_folder() is None
    assert folders.cache_folder_to_write() == own(temporary), "it is found again"


@pytest.mark.usefixtures("no_home")
@pytest.mark.parametrize("home", ["~/.cache/vasa-avatar", "~nobody-of-this-name/kept"])
def test_no_folder_is_ever_called_tilde(home: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platformdirs, "user_cache_dir", lambda name: home)
    assert not any(str(path).startswith("~") for path in folders.cache_folders({}))
    chosen = {folders.CACHE_VARIABLE: "~nobody-of-this-name/kept"}
    assert not any(str(path).startswith("~") for path in folders.cache_folders(chosen))


@needs_owners
@pytest.mark.usefixtures("no_home")
@pytest.mark.parametrize("trap", ["open", "link", "file"])
def test_a_temporary_folder_that_others_may_have_filled_is_not_taken(
    temporary: Path, trap: str
) -> None:
    place = own(temporary)
    if trap == "open":
        place.mkdir()
        place.chmod(0o777)
    elif trap == "link":
        (temporary / "theirs").mkdir(mode=0o700)
        place.symlink_to(temporary / "theirs")
    else:
        place.write_text("in the way")
    assert folders.cache_folders() == ()
    assert folders.cache_folder_to_write() is None


@needs_owners
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid(), reason="only root gives away")
def test_a_folder_of_somebody_else_is_not_trusted(tmp_path: Path) -> None:
    assert folders.is_trusted(tmp_path)
    os.chown(tmp_path, 12345, 12345)
    assert not folders.is_trusted(tmp_path)
    assert not folders.is_trusted(tmp_path / "nothing")


@needs_owners
@pytest.mark.usefixtures("no_home")
def test_where_nothing_can_be_kept_it_is_said_what_to_do(temporary: Path) -> None:
    own(temporary).write_text("in the way")
    store = ModelStore()
    assert not store.has("face_landmarker")
    assert "$VASA_AVATAR_CACHE" in str(store.list()[0].path)
    with pytest.raises(ModelStoreError, match="set VASA_AVATAR_CACHE to one that can"):
        store.fetch("face_landmarker")
