"""One author's draft: a portrait, what the profile says, and the avatar baked of them.

Called on worker threads, one call at a time; what it keeps lies in a folder of its own that goes
with it.
"""

from __future__ import annotations

import base64
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from vasa_avatar.authoring import (
    card_of,
    character_data,
    export_card,
    free_folder,
    id_of,
    kept_files,
    own_characters,
    profile_dict,
    profile_text,
    starting_data,
    without_faults,
    write_character,
)
from vasa_avatar.errors import CardError, ProfileError
from vasa_avatar.profiles import CharacterProfile, load_profile, parse_profile

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar, PortraitReport
    from vasa_avatar.datatypes import Crop

_SHOWN_PX = 900
_CARD_ENDINGS = (".json", ".charx", ".yaml", ".yml")
_NEEDS_NEW_STREAM = ("voice", "temper", "drawing", "language")
Say = Callable[[str], None]


class Workshop:
    """See the module."""

    def __init__(self, root: Path | None = None) -> None:
        """Nothing is on the bench yet.

        Args:
            root: the folder of characters that `save` writes to; the user's own when None.
        """
        self._root = root
        self._bench = Path(tempfile.mkdtemp(prefix="vasa-studio-"))
        self._files: dict[str, bytes] = {}
        """what belongs to the character besides its profile, by names within its folder"""
        self.data: dict[str, Any] = {}
        self.profile: CharacterProfile | None = None
        self.avatar: Avatar | None = None
        self._framed: tuple[Avatar, Crop, Avatar] | None = None
        """the baked face, a crop, and the face cropped so"""
        self.saved_in: Path | None = None

    def close(self) -> None:
        """Nothing of the draft stays."""
        shutil.rmtree(self._bench, ignore_errors=True)

    # -- what comes onto the bench ------------------------------------------------------------

    def take_file(self, name: str, content: bytes) -> list[str]:
        """A portrait or a card; notes for the author.

        Raises:
            CardError: a card that cannot be read, or that brings no picture.
        """
        path = Path(name)
        self.avatar, self.profile, self.saved_in = None, None, None
        if path.suffix.lower() in _CARD_ENDINGS or _may_be_card(content):
            try:
                return self._take_card(path, content)
            except CardError:
                if path.suffix.lower() in _CARD_ENDINGS:
                    raise
        self._take_portrait(path, content)
        return []

    def take_portrait(self, name: str, content: bytes) -> None:
        """Another picture for the character that is on the bench."""
        ending = Path(name).suffix.lstrip(".").lower() or "png"
        self._files = {
            key: kept for key, kept in self._files.items() if not key.startswith("portrait.")
        }
        self._set_portrait(content, ending)
        self.avatar = None

    def take_saved(self, id_or_path: str) -> None:
        """A character that lies in a folder.

        Raises:
            ProfileError: there is none, or it is wrong.
        """
        profile = load_profile(id_or_path)
        folder = profile.portrait.parent
        self.data = profile_dict(profile, folder)
        self._files = {
            place.relative_to(folder).as_posix(): place.read_bytes()
            for place in sorted(folder.rglob("*"))
            if place.is_file() and place.name != "profile.yaml" and not place.is_symlink()
        }
        self._write_files()
        self.saved_in = folder if self._is_own(folder) else None

    def _take_card(self, path: Path, content: bytes) -> list[str]:
        card = card_of(content, path)
        if card.picture is None:
            raise CardError(f"{path.name} brings no picture; drop a portrait, then the card again")
        data, notes = character_data(card, "")
        data.pop("source", None) if notes else None
        ending = card.picture_ending
        data |= {"version": 1, "id": id_of(data["name"]), "portrait": f"portrait.{ending}"}
        checked, dropped = without_faults({**_SOMEBODY, **data}, self._bench)
        self.data = {key: value for key, value in checked.items() if key in data}
        self._files = kept_files(card, content)
        self._set_portrait(card.picture, ending)
        return [*card.notes, *dropped]

    def _take_portrait(self, path: Path, content: bytes) -> None:
        name = path.stem.replace("_", " ").replace("-", " ").strip().title()[:40] or "Somebody"
        ending = path.suffix.lstrip(".").lower() or "png"
        self.data = starting_data(id_of(name), name, f"portrait.{ending}")
        self._files = {}
        self._set_portrait(content, ending)

    def _set_portrait(self, content: bytes, ending: str) -> None:
        name = f"portrait.{ending}"
        self.data["portrait"] = name
        self.data.pop("points", None)
        self.data["avatar"] = "avatar.npz"
        self._files.pop("avatar.npz", None)
        self._files[name] = content
        self._write_files()

    def _write_files(self) -> None:
        for name, content in self._files.items():
            place = self._bench / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)

    # -- the picture ---------------------------------------------------------------------------

    def look(self) -> dict[str, Any]:
        """What is good and bad about the picture, with what was found in it, for the page."""
        from vasa_avatar.appearance import inspect_portrait

        points = self._bench / str(self.data["points"]) if "points" in self.data else None
        report = inspect_portrait(
            self._files[self.data["portrait"]], None if points is None else str(points)
        )
        return _shown(report)

    def set_points(self, marks: dict[str, Any]) -> None:
        """Points that the author has dragged, in pixels of the whole picture."""
        content = json.dumps(marks).encode()
        self._files["points.json"] = content
        (self._bench / "points.json").write_bytes(content)
        self.data["points"] = "points.json"
        self.data["avatar"] = "avatar.npz"
        self._files.pop("avatar.npz", None)  # of the old points
        self.avatar = None

    def bake(self, say: Say) -> None:
        """Make the avatar, or take what was baked from this picture before.

        Raises:
            VasaError: it cannot be made.
        """
        from vasa_avatar.appearance import build_avatar, cached_avatar, load_avatar

        baked = self._bench / "avatar.npz"
        if "avatar.npz" in self._files and self.data.get("avatar") == "avatar.npz":
            self.avatar = load_avatar(baked)
            return
        points = self._bench / str(self.data["points"]) if "points" in self.data else None

        def bake(portrait: Path) -> Avatar:
            return build_avatar(portrait, progress=say, points=points)

        self.avatar = cached_avatar(self._bench / self.data["portrait"], bake, points)
        self.avatar.save(baked)
        self._files["avatar.npz"] = baked.read_bytes()

    def framed_avatar(self) -> Avatar:
        """The baked face as the profile frames it; the same one until either changes."""
        from vasa_avatar.appearance import cropped

        assert self.avatar is not None and self.profile is not None
        wanted = self.avatar, self.profile.crop()
        if self._framed is None or self._framed[:2] != wanted:
            self._framed = (*wanted, cropped(*wanted))
        return self._framed[2]

    # -- what the profile says -----------------------------------------------------------------

    def set_data(self, data: dict[str, Any]) -> tuple[list[str], bool]:
        """Other settings; faults, and whether a face that is shown has to be opened anew."""
        names = ("portrait", "avatar", "points")
        kept: dict[str, Any] = {key: self.data[key] for key in names if key in self.data}
        wanted: dict[str, Any] = {**data, **kept}
        wanted |= {"version": 1, "id": id_of(str(data.get("name", "")))}
        is_new = any(wanted.get(key) != self.data.get(key) for key in _NEEDS_NEW_STREAM)
        is_new |= _crop_of(wanted) != _crop_of(self.data)
        self.data = wanted
        return self.check(), is_new

    def check(self) -> list[str]:
        """What is wrong; the profile is there when nothing is."""
        self.profile = None
        try:
            self.profile = parse_profile(profile_text(self.data), self._bench / "profile.yaml")
        except ProfileError as problem:
            told = (fault.partition("profile.yaml")[2] for fault in problem.faults)
            return [fault.partition(": ")[2] for fault in told]
        return []

    # -- what leaves the bench -----------------------------------------------------------------

    def save(self) -> Path:
        """Write the character's folder; the one it was saved in before, or a new one.

        Raises:
            ProfileError: the profile is wrong.
            OSError: a file cannot be written.
        """
        self._must_be_right()
        if self.saved_in is None:
            self.saved_in = free_folder(self._root or own_characters(), self.data["id"])
        data = {**self.data, "id": self.saved_in.name}
        write_character(self.saved_in, data, self._files)
        return self.saved_in

    def export(self, ending: str) -> bytes:
        """A card of the character.

        Raises:
            ProfileError, CardError: the profile is wrong, or another ending.
        """
        self._must_be_right()
        assert self.profile is not None
        out = self._bench / f"out{ending}"
        export_card(self.profile, out)
        return out.read_bytes()

    def _must_be_right(self) -> None:
        faults = self.check()
        if faults:
            raise ProfileError("; ".join(faults), tuple(faults))

    def _is_own(self, folder: Path) -> bool:
        try:
            return folder.parent == (self._root or own_characters())
        except ProfileError:
            return False


_SOMEBODY = {"source": {"synthetic": True, "licence": "--", "origin": "--"}}
"""stands in while nobody has said who the picture shows"""


def _may_be_card(content: bytes) -> bool:
    return content.startswith(b"\x89PNG") and any(key in content for key in (b"chara\0", b"ccv3\0"))


def _shown(report: PortraitReport) -> dict[str, Any]:
    """A report for the page: the picture small enough, places as shares of its size."""
    told: dict[str, Any] = {
        "good": list(report.good),
        "warnings": list(report.warnings),
        "refusal": report.refusal,
        "reason": report.reason,
        "is_drawn": report.is_drawn,
        "yaw_deg": round(report.yaw_deg, 1),
        "face_px": round(report.face_px),
    }
    if report.image_rgb is not None:
        height, width = report.image_rgb.shape[:2]
        told |= {"picture": _data_address(report.image_rgb), "width": width, "height": height}
        if report.points_px is not None:
            told["points"] = np.round(report.points_px, 1).tolist()
    return told


def _crop_of(data: dict[str, Any]) -> object:
    framing = data.get("framing")
    return framing.get("crop") if isinstance(framing, dict) else None


def _data_address(image_rgb: Any) -> str:
    height, width = image_rgb.shape[:2]
    scale = min(1.0, _SHOWN_PX / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(np.ascontiguousarray(image_rgb), size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
