"""A draft on the bench: what comes on it, what is wrong with it, what leaves it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from vasa_server.host.limits import ServerOptions
from vasa_server.host.server import AvatarServer
from vasa_server.studio.desk import Studio
from vasa_server.studio.draft_source import DraftSource
from vasa_server.studio.workshop import Workshop
from websockets.asyncio.client import connect

from vasa_avatar.authoring import card_of, export_card
from vasa_avatar.errors import CardError, ProfileError
from vasa_avatar.profiles import load_profile

SYNTHETIC = {"synthetic": True, "licence": "CC0", "origin": "a test"}


def picture() -> bytes:
    return bytes(cv2.imencode(".png", np.full((300, 300, 3), 90, np.uint8))[1].tobytes())


@pytest.fixture
def shop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path / "own")


def test_a_portrait_needs_to_be_said_whose_it_is(shop: Workshop, tmp_path: Path) -> None:
    assert shop.take_file("mira_stern.png", picture()) == []
    assert shop.data["name"] == "Mira Stern"
    assert shop.check() == ["source: is missing"]
    with pytest.raises(ProfileError, match="source"):
        shop.save()
    assert shop.set_data({**shop.data, "source": SYNTHETIC}) == ([], False)
    assert shop.save() == tmp_path / "own" / "mira_stern"
    assert load_profile(shop.save()).portrait.read_bytes() == picture(), "saved where it was"
    shop.close()


def test_what_needs_a_new_stream_is_known_and_faults_are_told(shop: Workshop) -> None:
    shop.take_file("a.png", picture())
    data = {**shop.data, "source": SYNTHETIC}
    shop.set_data(data)
    assert shop.set_data({**data, "framing": {"head_yaw_deg": 5}}) == ([], False)
    assert shop.set_data({**data, "temper": {"liveliness": 0.5}}) == ([], True)
    faults, _ = shop.set_data({**data, "temper": {"liveliness": 9}})
    assert faults[0].startswith("temper.liveliness: ")
    faults, _ = shop.set_data({**data, "portrait": "../../secret", "id": "../x"})
    assert faults == [] and shop.data["portrait"] == "portrait.png" and shop.data["id"] == "a"


def test_a_card_brings_its_settings_and_goes_out_again(shop: Workshop, tmp_path: Path) -> None:
    export_card(load_profile("leo"), tmp_path / "leo.charx")
    shop.take_file("leo.charx", (tmp_path / "leo.charx").read_bytes())
    assert shop.check() == [] and "teasing" in shop.data["emotions"]["labels"]
    again = card_of(shop.export(".json"), Path("out.json"))
    assert again.data["name"] == "Leo"
    with pytest.raises(CardError, match="brings no picture"):
        shop.take_file("x.json", json.dumps({"name": "x", "description": "y"}).encode())


def test_a_saved_character_comes_back_with_its_files(shop: Workshop) -> None:
    shop.take_saved("iris")
    assert shop.check() == [] and shop.saved_in is None, "a shipped one is saved as a new one"
    shop.bake(lambda step: None)
    assert shop.avatar is not None
    saved = shop.save()
    assert (saved / "avatar.npz").stat().st_size > 1_000_000
    shop.take_saved(str(saved))
    assert shop.saved_in == saved


def test_the_socket_survives_nonsense_and_drafts_go_with_the_page(tmp_path: Path) -> None:
    async def go() -> None:
        source = DraftSource()
        studio = Studio(source, tmp_path / "own")
        async with AvatarServer(source, ServerOptions(port=0, drain_s=0.0), annex=studio) as server:
            address = f"ws://127.0.0.1:{server.port}/studio-ws"
            async with connect(address) as page:
                welcome = json.loads(await page.recv())
                assert welcome["type"] == "welcome" and "joy" in welcome["labels"]

                async def ask(message: Any) -> dict[str, Any]:
                    await page.send(message if isinstance(message, str) else json.dumps(message))
                    return dict(json.loads(await page.recv()))

                for wrong in ("{", "[]", '{"id": 1}', "[" * 9_000):
                    assert (await ask(wrong))["type"] == "error"
                for request in (
                    {"type": "file", "name": "x", "size": 10**12},
                    {"type": "file", "name": "x"},
                    {"type": "set", "data": 7},
                    {"type": "set"},
                    {"type": "save"},
                    {"type": "bake"},
                    {"type": "portrait"},
                    {"type": "export", "ending": ".exe"},
                    {"type": "keep"},
                    {"type": "open", "character": "../../etc"},
                    {"type": "points", "marks": 3},
                    {"type": "fly"},
                ):
                    answer = await ask({**request, "id": 4})
                    assert answer["type"] == "error" and answer["reply_to"] == 4, request
                await page.send(json.dumps({"type": "file", "name": "../a.png", "size": 900}))
                await page.send(picture()[:900].ljust(900, b"\0"))
                assert json.loads(await page.recv())["type"] in ("draft", "error")
        assert not source._profiles

    asyncio.run(go())


@pytest.mark.slow
def test_dragged_points_bake_another_face(shop: Workshop) -> None:
    shop.take_saved("leo")
    shop.bake(lambda step: None)
    before = shop.avatar
    found = np.array(shop.look()["points"])
    marks: dict[str, Any] = {
        "right_eye": found[[33, 133, 159, 145]], "left_eye": found[[263, 362, 386, 374]],
        "mouth": found[[61, 291, 0, 17]] + [0.0, 5.0], "outline": found[[234, 454]],
    }  # fmt: skip
    marks = {name: places.tolist() for name, places in marks.items()}
    shop.set_points(marks | {"chin": found[152].tolist()})
    shop.bake(lambda step: None)
    assert before is not None and shop.avatar is not None
    old, new = (avatar.assets.vertices[[13, 14], 1].mean() for avatar in (before, shop.avatar))
    assert new > old + 0.005, "the mouth is lower, in face widths"


def test_a_crop_shows_at_once(shop: Workshop) -> None:
    shop.take_saved("leo")
    shop.bake(lambda step: None)
    faults, is_new = shop.set_data({**shop.data, "framing": {"crop": {"zoom": 1.5}}})
    assert faults == [] and is_new, "the stream is opened anew"
    assert shop.avatar is not None
    ratio = shop.framed_avatar().assets.face_width_px / shop.avatar.assets.face_width_px
    assert ratio == pytest.approx(1.5)
    assert shop.framed_avatar() is shop.framed_avatar(), "cropped once"
