"""Cards for tests: honest ones of every kind, and two hundred that mean harm or are broken."""

from __future__ import annotations

import base64
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
N_HOSTILE = 200


def png(width: int = 8, height: int = 8) -> bytes:
    """A small picture."""
    picture = np.full((height, width, 3), 128, np.uint8)
    return bytes(cv2.imencode(".png", picture)[1].tobytes())


def chunk(kind: bytes, data: bytes, length: int | None = None) -> bytes:
    """A PNG chunk, perhaps with a false length."""
    said = len(data) if length is None else length
    return struct.pack(">I", said) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def with_chunks(*chunks: bytes) -> bytes:
    """A picture with chunks put before its end."""
    picture = png()
    return picture[:-12] + b"".join(chunks) + picture[-12:]


def text_chunk(keyword: bytes, text: bytes) -> bytes:
    """A tEXt chunk that holds base64."""
    return chunk(b"tEXt", keyword + b"\0" + base64.b64encode(text))


def card(kind: str = "V3", **fields: Any) -> dict[str, Any]:
    """A card with fields that no program knows."""
    data = {
        "name": "Mira", "description": "{{char}} keeps a lighthouse.", "personality": "dry, kind",
        "scenario": "A storm.", "first_mes": "Oh, {{user}}. Come in.",
        "mes_example": "<START>\n{{user}}: Who are you?\n{{char}}: I keep the light.\nSit.",
        "creator_notes": "A keeper.", "system_prompt": "Be brief. {{original}}",
        "post_history_instructions": "", "alternate_greetings": ["You again."],
        "tags": ["sea"], "creator": "someone", "character_version": "1.10",
        "character_book": {"entries": [{"keys": ["lamp"], "content": "It burns.", "order": 1.50}]},
        "extensions": {"depth_prompt": {"depth": 4, "prompt": "…"}, "weird/é": [1e400, -0.0, 7]},
        "unknown": {"big": 12345678901234567890123, "n": None, "deep": [[["x"]]]},
        **fields,
    }  # fmt: skip
    if kind == "V1":
        return {key: data[key] for key in ("name", "description", "first_mes", "unknown")}
    version = kind[1]
    return {
        "spec": f"chara_card_v{version}", "spec_version": f"{version}.0", "data": data,
        "beside": {"kept": True},
    }  # fmt: skip


def charx(files: dict[str, bytes] | None = None, card_json: bytes | None = None) -> bytes:
    """An archive with a card, a portrait and a picture of a feeling."""
    assets = [
        {"type": "icon", "name": "main", "uri": "embeded://assets/icon/main.png", "ext": "png"},
        {"type": "emotion", "name": "joy", "uri": "embeded://assets/emotion/joy.png", "ext": "png"},
    ]
    text = card_json or json.dumps(card(assets=assets)).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", text)
        archive.writestr("assets/icon/main.png", png())
        archive.writestr("assets/emotion/joy.png", png(4, 4))
        archive.writestr("x_meta/1.json", b'{"a": 1}')
        for name, content in (files or {}).items():
            archive.writestr(name, content)
    return out.getvalue()


def hostile_cards() -> Iterator[tuple[str, str, bytes]]:
    """Name, ending and bytes of N_HOSTILE cards; the same ones every time."""
    made = [*_texts(), *_pictures(), *_archives(), *_confs()]
    chance = random.Random(5)
    while len(made) < N_HOSTILE:
        made.append(_shaken(chance, len(made)))
    yield from made[:N_HOSTILE]


_Made = tuple[str, str, bytes]


def _texts() -> list[_Made]:
    plain = json.dumps(card()).encode()
    odd: dict[str, bytes] = {
        "bom8": b"\xef\xbb\xbf" + plain,
        "utf16": json.dumps(card()).encode("utf-16"),
        "utf16_be": json.dumps(card()).encode("utf-16-be"),
        "utf32": json.dumps(card()).encode("utf-32"),
        "latin1": '{"name": "Zoë", "description": "x"}'.encode("latin-1"),
        "empty": b"", "spaces": b"   \n", "null": b"null", "list": b"[]", "text": b'"card"',
        "number": b"12", "unclosed": plain[:-5], "trailing": plain + b"}}",
        "zeros": b"\0" * 4096, "half_pair": b'{"name": "\\ud800", "description": "\\udfff"}',
        "deep_list": b'{"name": "a", "description": ' + b"[" * 50_000 + b"]" * 50_000 + b"}",
        "deep_300": b'{"name": "a", "description": "b", "x": ' + b"[" * 300 + b"]" * 300 + b"}",
        "deep_object": b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        "many_lists": b'{"name":"a","description":"b","x":[' + b"[]," * 2_000_000 + b"[]]}",
        "long_text": json.dumps(card(description="x" * 3_000_000)).encode(),
        "too_long": json.dumps(card(description="x" * 9_000_000)).encode(),
        "long_name": json.dumps(card(name="N" * 1_000_000)).encode(),
        "long_number": b'{"name": "a", "description": "b", "x": ' + b"9" * 100_000 + b"}",
        "nan": b'{"name": "a", "description": "b", "x": [NaN, Infinity, -Infinity]}',
        "doubled": b'{"name": "a", "name": "b", "description": "c"}',
        "spec_only": b'{"spec": "chara_card_v2"}',
        "data_list": b'{"spec": "chara_card_v2", "data": []}',
        "data_null": b'{"spec": "chara_card_v3", "spec_version": null, "data": null}',
        "future": json.dumps({**card(), "spec": "chara_card_v9", "spec_version": "9.1"}).encode(),
        "controls": json.dumps(card(name="A\x00\x07\x1b[31mB", description="\x85\u2028")).encode(),
        "greetings": json.dumps(card(alternate_greetings=["hi"] * 20_000)).encode(),
        "examples": json.dumps(card(mes_example="<START>\n{{user}}: a\n" * 30_000)).encode(),
    }  # fmt: skip
    wrong: list[Any] = [None, 7, 1.5, True, [], ["a", 1], {}, {"a": None}, [[None]], ""]
    for field in ("name", "description", "first_mes", "alternate_greetings", "extensions", "tags"):
        for position, value in enumerate(wrong):
            text = json.dumps(card(**{field: value})).encode()
            odd[f"{field}_{position}"] = text
    ours: list[Any] = [
        None, [], {"voice": {"pitch": 99}}, {"emotions": {"baseline": {"joy": 1}}},
        {"source": "me"}, {"source": {"synthetic": False, "licence": "x", "origin": "y"}},
        {"portrait": "../../../etc/passwd"}, {"id": "../x"}, {"temper": {"seed": 10**30}},
        {"language": "../../"}, {"disclosure": {"shown": False}}, {"gains": {"lip_gain": "NaN"}},
    ]  # fmt: skip
    for position, value in enumerate(ours):
        odd[f"ours_{position}"] = json.dumps(card(extensions={"vasa_avatar": value})).encode()
    return [(name, "json", content) for name, content in odd.items()]


def _pictures() -> list[_Made]:
    plain = json.dumps(card()).encode()
    bomb = zlib.compress(b"\0" * 100_000_000, 1)
    older = json.dumps(card("V2", name="Other")).encode()
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    odd = {
        "no_card": png(),
        "both": with_chunks(text_chunk(b"chara", older), text_chunk(b"ccv3", plain)),
        "bad_ccv3": with_chunks(chunk(b"tEXt", b"ccv3\0!!!"), text_chunk(b"chara", older)),
        "twice": with_chunks(text_chunk(b"chara", plain), text_chunk(b"chara", b"null")),
        "upper": with_chunks(text_chunk(b"Chara", plain)),
        "not_packed": with_chunks(chunk(b"tEXt", b"chara\0" + plain)),
        "no_padding": with_chunks(
            chunk(b"tEXt", b"chara\0" + base64.b64encode(plain).rstrip(b"="))
        ),
        "line_breaks": with_chunks(chunk(b"tEXt", b"chara\0" + base64.encodebytes(plain))),
        "packed": with_chunks(
            chunk(b"zTXt", b"chara\0\0" + zlib.compress(base64.b64encode(plain)))
        ),
        "packed_bomb": with_chunks(chunk(b"zTXt", b"chara\0\0" + bomb)),
        "itxt": with_chunks(chunk(b"iTXt", b"chara\0\0\0\0\0" + base64.b64encode(plain))),
        "itxt_bomb": with_chunks(chunk(b"iTXt", b"chara\0\1\0\0\0" + bomb)),
        "itxt_short": with_chunks(chunk(b"iTXt", b"chara\0")),
        "ztxt_broken": with_chunks(chunk(b"zTXt", b"chara\0\0\x78\x9cgarbage")),
        "length_lies": with_chunks(chunk(b"tEXt", b"chara\0abc", 100_000_000)),
        "length_most": with_chunks(chunk(b"tEXt", b"chara\0abc", 2**32 - 1)),
        "cut": with_chunks(text_chunk(b"chara", plain))[:-40],
        "signature_only": SIGNATURE,
        "no_header": SIGNATURE + text_chunk(b"chara", plain),
        "pixels": SIGNATURE + chunk(b"IHDR", header) + text_chunk(b"chara", plain),
        "no_pixels": SIGNATURE + chunk(b"IHDR", bytes(13)) + text_chunk(b"chara", plain),
        "many_chunks": with_chunks(*[chunk(b"tIME", b"1234567")] * 70_000),
        "large_text": with_chunks(chunk(b"tEXt", b"chara\0" + b"A" * 30_000_000)),
        "large_other": with_chunks(chunk(b"prIV", bytes(45_000_000)), text_chunk(b"chara", plain)),
        "hundred_mb": with_chunks(chunk(b"tEXt", b"chara\0" + bytes(100_000_000))),
        "jpeg": bytes(cv2.imencode(".jpg", np.zeros((9, 9, 3), np.uint8))[1].tobytes()),
        "gif": b"GIF89a" + bytes(40),
    }
    return [(f"png_{name}", "png", content) for name, content in odd.items()]


def _archives() -> list[_Made]:
    zeros = bytes(56_000_000)
    link = zipfile.ZipInfo("assets/link.png")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr("card.json", json.dumps(card()))
        archive.writestr(link, "/etc/passwd")
    plain = charx()
    icon = {"type": "icon", "name": "main", "uri": "embeded://../../../../etc/hostname"}
    odd = {
        "plain": plain,
        "up": charx({"../../outside.png": b"x"}),
        "up_back": charx({"..\\..\\outside.png": b"x"}),
        "absolute": charx({"/tmp/outside.png": b"x"}),
        "drive": charx({"C:/outside.png": b"x"}),
        "link": linked.getvalue(),
        "bomb": charx({f"assets/{n}.bin": zeros for n in range(5)}),
        "card_bomb": charx(card_json=b"{" + b" " * 60_000_000 + b"}"),
        "many": charx({f"a/{n}": b"" for n in range(5_000)}),
        "no_card": charx()[:0] + _zip({"readme.txt": b"hello"}),
        "icon_up": charx(card_json=json.dumps(card(assets=[icon])).encode()),
        "assets_text": charx(card_json=json.dumps(card(assets="all")).encode()),
        "assets_null": charx(card_json=json.dumps(card(assets=[None, {}, 3])).encode()),
        "cut": plain[: len(plain) // 2],
        "flipped": plain[:60] + bytes(20) + plain[80:],
    }
    return [(f"charx_{name}", "charx", content) for name, content in odd.items()]


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def _confs() -> list[_Made]:
    laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for name, last in zip("bcdefgh", "abcdefg", strict=True):
        laughs += f"{name}: &{name} [{', '.join([f'*{last}'] * 9)}]\n"
    odd = {
        "laughs": laughs,
        "python": "character_config: !!python/object/apply:os.system ['true']",
        "list": "- 1\n- 2",
        "text": "character_config: hello",
        "avatar_up": "character_config: {conf_name: a, avatar: ../../secret.png}",
        "deep": "[" * 3_000,
        "twice": "character_config: {}\ncharacter_config: {}",
        "self": "character_config: &a {character_name: b, x: *a}",
    }
    return [(f"conf_{name}", "yaml", content.encode()) for name, content in odd.items()]


def _shaken(chance: random.Random, number: int) -> _Made:
    """An honest card with some bytes changed."""
    ending = chance.choice(("json", "png", "charx"))
    whole = {
        "json": json.dumps(card()).encode(),
        "png": with_chunks(text_chunk(b"ccv3", json.dumps(card()).encode())),
        "charx": charx(),
    }[ending]
    shaken = bytearray(whole)
    for _ in range(chance.randint(1, 30)):
        shaken[chance.randrange(len(shaken))] = chance.randrange(256)
    return f"shaken_{number}", ending, bytes(shaken[: chance.randint(20, len(shaken))])
