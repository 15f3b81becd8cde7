"""Files to cards: PNG (`ccv3` before `chara`), JSON, CHARX, and Open-LLM-VTuber's conf.yaml.

Nothing is written and nothing is unpacked but a card's text and its portrait, both bounded.
"""

from __future__ import annotations

import base64
import binascii
import io
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any

from vasa_avatar.authoring.card import Card, kind_of
from vasa_avatar.authoring.json_text import parse_json
from vasa_avatar.authoring.open_llm_vtuber import card_of_conf
from vasa_avatar.authoring.png_text import SIGNATURE, split_texts
from vasa_avatar.errors import CardError

CHUNKS = ("ccv3", "chara")
MOST_FILE_BYTES = 48 << 20
_MOST_PICTURE_BYTES = 32 << 20
_MOST_ENTRIES = 4_000
_MOST_UNPACKED_BYTES = 256 << 20
_PICTURE_ENDINGS = ("png", "jpg", "jpeg", "webp", "avif", "bmp", "gif")


def read_card(path: Path) -> Card:
    """Read a card of any kind; what it is shows in its bytes.

    Raises:
        CardError: it is none, is damaged, or is made to do harm.
    """
    try:
        size = path.stat().st_size
        if size > MOST_FILE_BYTES:
            raise CardError(f"{path} has {size} bytes; expected {MOST_FILE_BYTES} at most")
        content = path.read_bytes()
    except OSError as problem:
        raise CardError(f"{path} cannot be read ({problem.strerror})") from problem
    try:
        return card_of(content, path)
    except CardError as problem:
        raise CardError(f"{path}: {problem}") from problem


def card_of(content: bytes, path: Path) -> Card:
    """The same from its bytes; `path` tells YAML and finds a picture beside it."""
    if content.startswith(SIGNATURE):
        return _from_png(content)
    archive_at = content.find(b"PK\x03\x04", 0, 8 << 20)
    if archive_at == 0 or (archive_at > 0 and content.startswith(b"\xff\xd8")):
        return _from_charx(content)
    if path.suffix.lower() in (".yaml", ".yml"):
        return card_of_conf(content, path)
    if content.startswith((b"\xff\xd8", b"GIF8", b"RIFF")):
        raise CardError("a picture without a card; cards are PNG, JSON, CHARX or conf.yaml")
    raw = parse_json(content, "the file")
    return Card(raw, _kind(raw))


def _kind(raw: dict[str, Any]) -> str:
    kind = kind_of(raw)
    if kind is None:
        keys = ", ".join(map(str, list(raw)[:5])) or "nothing"
        raise CardError(f"no character card; it holds {keys:.80}, expected name and description")
    return kind


def _from_png(content: bytes) -> Card:
    png = split_texts(content, CHUNKS)
    found: dict[str, dict[str, Any]] = {}
    problems: list[str] = []
    for chunk in CHUNKS:
        if chunk in png.texts:
            try:
                found[chunk] = _decoded(png.texts[chunk], chunk)
            except CardError as problem:
                problems.append(str(problem))
    if not found:
        told = "; ".join(problems) or "a PNG without a card; its `chara` text is missing"
        raise CardError(told)
    first = next(iter(found.values()))
    other = found["chara"] if len(found) == 2 else None
    return Card(first, _kind(first), png.picture, "png", other, notes=tuple(problems))


def _decoded(text: bytes, chunk: str) -> dict[str, Any]:
    packed = b"".join(text.split())
    if packed.startswith(b"{"):
        raw = text
    else:
        try:
            raw = base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
        except (binascii.Error, ValueError) as problem:
            raise CardError(f"its `{chunk}` text is no base64 ({problem})") from problem
    raw_object = parse_json(raw, f"its `{chunk}` text")
    _kind(raw_object)
    return raw_object


def _from_charx(content: bytes) -> Card:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive)
            raw = parse_json(_entry(archive, "card.json", 8 << 20), "its card.json")
            kind = _kind(raw)
            picture, ending = _icon(archive, raw)
    except (zipfile.BadZipFile, NotImplementedError, zlib.error, EOFError, RuntimeError) as problem:
        raise CardError(f"the archive is damaged or locked ({problem})") from problem
    return Card(raw, kind, picture, ending, archive=content)


def check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse archives that grow without bound or name places outside of themselves.

    Raises:
        CardError: it does.
    """
    entries = archive.infolist()
    if len(entries) > _MOST_ENTRIES:
        raise CardError(f"the archive has {len(entries)} files; expected {_MOST_ENTRIES} at most")
    total = sum(entry.file_size for entry in entries)
    if total > _MOST_UNPACKED_BYTES:
        raise CardError(f"the archive unpacks to {total} bytes; at most {_MOST_UNPACKED_BYTES} do")
    for entry in entries:
        name = entry.filename
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0] or "\0" in name:
            raise CardError(f"the archive names {name!r:.60}, which lies outside of it")
        if (entry.external_attr >> 16) & 0o170000 == 0o120000:
            raise CardError(f"the archive holds the link {name!r:.60}; expected files only")


def _entry(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as file:
            data = file.read(most + 1)
    except KeyError:
        raise CardError(f"the archive holds no {name}") from None
    if len(data) > most:
        raise CardError(f"{name} of the archive has over {most} bytes")
    return data


def _icon(archive: zipfile.ZipFile, raw: dict[str, Any]) -> tuple[bytes | None, str]:
    """The portrait: the main icon among the assets, else any icon."""
    data = raw.get("data")
    listed = data.get("assets") if isinstance(data, dict) else None
    icons = [
        asset
        for asset in (listed if isinstance(listed, list) else [])
        if isinstance(asset, dict) and asset.get("type") == "icon"
    ]
    icons.sort(key=lambda asset: asset.get("name") != "main")
    names = set(archive.namelist())
    for asset in icons:
        name = embedded_name(asset.get("uri"))
        ending = PurePosixPath(name).suffix.lstrip(".").lower()
        if name in names and ending in _PICTURE_ENDINGS:
            return _entry(archive, name, _MOST_PICTURE_BYTES), ending
    return None, "png"


def embedded_name(uri: object) -> str:
    """The entry that `embeded://assets/…` names (with one d or two); empty for other addresses."""
    if not isinstance(uri, str):
        return ""
    for scheme in ("embeded://", "embedded://"):
        if uri.startswith(scheme):
            return uri.removeprefix(scheme)
    return ""
