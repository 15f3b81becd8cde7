"""A character's folder to a card: PNG with both chunks, CHARX or JSON.

What came with a card goes out again as it came, but for what the author has changed.
"""

from __future__ import annotations

import base64
import io
import zipfile
from pathlib import Path
from typing import Any

from vasa_avatar.authoring.card import Card, kind_of
from vasa_avatar.authoring.card_fields import as_kind, new_card, with_profile
from vasa_avatar.authoring.card_file import check_archive, embedded_name, read_card
from vasa_avatar.authoring.folder import CARD_FOLDER
from vasa_avatar.authoring.json_text import dump_json, parse_json
from vasa_avatar.authoring.open_llm_vtuber import card_of_conf
from vasa_avatar.authoring.png_text import SIGNATURE, split_texts, with_texts
from vasa_avatar.authoring.yaml_text import profile_dict
from vasa_avatar.errors import CardError
from vasa_avatar.output_file import whole_file
from vasa_avatar.profiles import CharacterProfile

ENDINGS = (".png", ".charx", ".json")
_ICON = "assets/icon/image/main."
_COPY_BYTES = 1 << 20


def export_card(profile: CharacterProfile, out: Path) -> None:
    """Write a card; the ending of `out` says which kind.

    Raises:
        CardError: another ending, or the kept card or the portrait is damaged.
        OSError: the file cannot be written.
    """
    if out.suffix.lower() not in ENDINGS:
        raise CardError(f"{out} ends in {out.suffix!r}; expected {', '.join(ENDINGS)}")
    folder = profile.portrait.parent
    kept = kept_card(folder)
    cards = {kind: _filled(kept, kind, profile, folder) for kind in ("V2", "V3")}
    with whole_file(out) as part:
        if out.suffix.lower() == ".png":
            part.write_bytes(_as_png(profile.portrait, cards))
        elif out.suffix.lower() == ".json":
            part.write_text(dump_json(cards["V3"]), encoding="utf-8")
        else:
            _write_charx(part, cards["V3"], profile.portrait, kept)


def kept_card(folder: Path) -> Card | None:
    """The card that a character came from; None for one that came from none.

    Raises:
        CardError: it is there and damaged.
    """
    place = folder / CARD_FOLDER
    if (place / "card.charx").is_file():
        return read_card(place / "card.charx")
    if (place / "conf.yaml").is_file():
        return card_of_conf((place / "conf.yaml").read_bytes(), place / "conf.yaml")
    if not (place / "card.json").is_file():
        return None
    raw = parse_json((place / "card.json").read_bytes(), "card.json")
    kind = kind_of(raw)
    if kind is None:
        raise CardError(f"{place / 'card.json'} is no card any more")
    older = place / "older.json"
    other = parse_json(older.read_bytes(), "older.json") if older.is_file() else None
    return Card(raw, kind, older=other)


def _filled(
    kept: Card | None, kind: str, profile: CharacterProfile, folder: Path
) -> dict[str, Any]:
    raw = new_card(kind) if kept is None else as_kind(kept, kind)
    return with_profile(raw, kind, profile_dict(profile, folder))


def _as_png(portrait: Path, cards: dict[str, dict[str, Any]]) -> bytes:
    content = portrait.read_bytes()
    if not content.startswith(SIGNATURE):
        content = _png_of(portrait)
    picture = split_texts(content, ("ccv3", "chara")).picture
    texts = {"chara": cards["V2"], "ccv3": cards["V3"]}
    packed = {key: base64.b64encode(dump_json(card).encode()) for key, card in texts.items()}
    return with_texts(picture, packed)


def _png_of(portrait: Path) -> bytes:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(portrait) as picture:
            out = io.BytesIO()
            picture.convert("RGB").save(out, "PNG")
    except (UnidentifiedImageError, OSError, Image.DecompressionBombError) as problem:
        raise CardError(f"{portrait} cannot become a PNG ({problem})") from problem
    return out.getvalue()


def _write_charx(part: Path, card: dict[str, Any], portrait: Path, kept: Card | None) -> None:
    """A new archive: card, portrait, and every other file of the old one."""
    listed = card["data"].get("assets")
    assets = list(listed) if isinstance(listed, list) else []
    icon = f"{_ICON}{portrait.suffix.lstrip('.').lower()}"
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
        old = {"card.json"}
        if kept is not None and kept.archive is not None:
            names = [
                embedded_name(asset.get("uri"))
                for asset in assets
                if isinstance(asset, dict) and asset.get("type") == "icon"
            ]
            icon = next((name for name in names if _is_same(kept, name)), icon)
            old.add(icon)
            _copy_others(kept.archive, out, old)
        if not any(
            isinstance(asset, dict) and embedded_name(asset.get("uri")) == icon for asset in assets
        ):
            ending = icon.rpartition(".")[2]
            new = {"type": "icon", "name": "main", "uri": f"embeded://{icon}", "ext": ending}
            card = {**card, "data": {**card["data"], "assets": [new, *assets]}}
        out.writestr("card.json", dump_json(card))
        out.write(portrait, icon)


def _is_same(kept: Card, name: str) -> bool:
    """Whether an entry of the old archive is the portrait that it gave."""
    assert kept.archive is not None
    with zipfile.ZipFile(io.BytesIO(kept.archive)) as archive:
        return name in archive.namelist() and archive.read(name) == kept.picture


def _copy_others(archive: bytes, out: zipfile.ZipFile, left_out: set[str]) -> None:
    with zipfile.ZipFile(io.BytesIO(archive)) as old:
        check_archive(old)
        for entry in old.infolist():
            if entry.filename in left_out or entry.is_dir():
                continue
            with old.open(entry) as source, out.open(entry.filename, "w") as target:
                while piece := source.read(_COPY_BYTES):
                    target.write(piece)
