"""Cards of every kind come in, go out as they came, and harm nobody."""

from __future__ import annotations

import base64
import json
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cards import N_HOSTILE, card, charx, hostile_cards, png, text_chunk, with_chunks

from vasa_avatar.authoring import export_card, id_of, import_card, read_card
from vasa_avatar.authoring.card_fields import dialogue_text, exchanges
from vasa_avatar.authoring.json_text import dump_json, parse_json
from vasa_avatar.authoring.png_text import split_texts
from vasa_avatar.errors import CardError, VasaError
from vasa_avatar.profiles import load_profile


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def png_card(*kinds: tuple[bytes, dict[str, Any]]) -> bytes:
    return with_chunks(*(text_chunk(key, json.dumps(value).encode()) for key, value in kinds))


@pytest.mark.parametrize("kind", ["V1", "V2", "V3"])
def test_a_picture_with_a_card_becomes_a_character(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, "mira.png", png_card((b"chara", card(kind))))
    made = import_card(path, tmp_path / "own")
    profile = load_profile(made.folder)
    assert (profile.id, profile.name) == ("mira", "Mira")
    assert profile.greeting == "Oh, {{user}}. Come in."
    assert "{{char}} keeps a lighthouse." in profile.persona.system_prompt
    assert profile.source.synthetic and "card" in profile.source.origin
    assert b"chara" not in profile.portrait.read_bytes()
    if kind != "V1":
        assert profile.persona.system_prompt.startswith("Be brief.\n\n")
        assert profile.persona.other_greetings == ("You again.",)
        assert profile.persona.example_dialogue[0].character == "I keep the light.\nSit."
        assert profile.description == "A keeper."


def test_the_newer_chunk_counts_and_a_broken_one_does_not(tmp_path: Path) -> None:
    older = card("V2", name="Old")
    both = write(tmp_path, "a.png", png_card((b"chara", older), (b"ccv3", card())))
    assert read_card(both).data["name"] == "Mira"
    broken = with_chunks(
        text_chunk(b"ccv3", b"{"), text_chunk(b"chara", json.dumps(older).encode())
    )
    found = read_card(write(tmp_path, "b.png", broken))
    assert found.data["name"] == "Old" and "ccv3" in found.notes[0]


def test_a_json_card_needs_a_picture(tmp_path: Path) -> None:
    path = write(tmp_path, "mira.json", b"\xef\xbb\xbf" + json.dumps(card("V2")).encode())
    with pytest.raises(CardError, match="brings no picture; give one with --portrait"):
        import_card(path, tmp_path)
    portrait = write(tmp_path, "face.png", png())
    made = import_card(path, tmp_path, portrait=portrait, consent="Mira, for this test")
    assert not made.profile.source.synthetic and made.profile.source.consent.startswith("Mira")
    again = import_card(path, tmp_path, portrait=portrait)
    assert again.folder.name == "mira_2", "what is there stays"


def test_a_conf_of_open_llm_vtuber(tmp_path: Path) -> None:
    (tmp_path / "avatars").mkdir()
    write(tmp_path / "avatars", "mao.png", png())
    conf = """
character_config:
  conf_name: mao_pro
  character_name: Mao
  avatar: mao.png
  persona_prompt: You are sarcastic.
  tts_config: {tts_model: edge_tts, edge_tts: {voice: en-US-AvaNeural}}
"""
    made = import_card(write(tmp_path, "conf.yaml", conf.encode()), tmp_path / "own")
    assert made.profile.name == "Mao"
    assert made.profile.persona.system_prompt == "You are sarcastic."
    assert made.profile.voice.options("edge_tts") == {"voice": "en-US-AvaNeural"}
    export_card(made.profile, tmp_path / "mao.charx")
    assert read_card(tmp_path / "mao.charx").data["description"] == "You are sarcastic."


def chunks_of(path: Path) -> dict[str, dict[str, Any]]:
    texts = split_texts(path.read_bytes(), ("ccv3", "chara")).texts
    return {key: parse_json(base64.b64decode(text), key) for key, text in texts.items()}


def test_a_round_trip_loses_nothing(tmp_path: Path) -> None:
    older = card("V2", only_here=[1.0, {"x": "é"}])
    path = write(tmp_path, "in.png", png_card((b"chara", older), (b"ccv3", card())))
    came = chunks_of(path)
    export_card(import_card(path, tmp_path / "own").profile, tmp_path / "out.png")
    gone = chunks_of(tmp_path / "out.png")
    for key in ("ccv3", "chara"):
        ours = gone[key]["data"]["extensions"].pop("vasa_avatar")
        assert set(ours) == {"source"}
        assert dump_json(gone[key]) == dump_json(came[key])


def test_what_the_author_changes_goes_out_and_the_rest_stays(tmp_path: Path) -> None:
    path = write(tmp_path, "in.png", png_card((b"ccv3", card())))
    made = import_card(path, tmp_path / "own")
    file = made.folder / "profile.yaml"
    text = file.read_text().replace("name: Mira", "name: Mirabel")
    file.write_text(text + "temper: {seed: 5}\nemotions: {labels: {stormy: {angry: 0.4}}}\n")
    profile = load_profile(made.folder)
    export_card(profile, tmp_path / "out.charx")
    export_card(profile, tmp_path / "out.json")
    with zipfile.ZipFile(tmp_path / "out.charx") as archive:
        names = archive.namelist()
        data = json.loads(archive.read("card.json"))["data"]
    assert names.count("assets/icon/image/main.png") == 1
    assert data["name"] == "Mirabel" and data["character_book"]["entries"][0]["order"] == 1.5
    assert data["extensions"]["vasa_avatar"]["temper"] == {"seed": 5}
    assert '"order": 1.5}' in (tmp_path / "out.json").read_text()
    back = import_card(tmp_path / "out.charx", tmp_path / "own").profile
    assert back.emotions == profile.emotions and back.temper == profile.temper
    assert back.source == profile.source and back.name == "Mirabel"


def test_an_archive_keeps_its_pictures_of_feelings(tmp_path: Path) -> None:
    made = import_card(write(tmp_path, "in.charx", charx()), tmp_path / "own")
    export_card(made.profile, tmp_path / "out.charx")
    with (
        zipfile.ZipFile(tmp_path / "in.charx") as came,
        zipfile.ZipFile(tmp_path / "out.charx") as gone,
    ):
        assert sorted(gone.namelist()) == sorted(came.namelist())
        for name in set(came.namelist()) - {"card.json"}:
            assert gone.read(name) == came.read(name)


def test_turns_of_dialogue_go_there_and_back() -> None:
    turns = exchanges(
        "<START>\n{{user}}: a\nb\n{{char}}: c\n<START>\n{{char}}: lost\n{{user}}: d\n"
    )
    assert turns == [{"user": "a\nb", "character": "c"}]
    assert exchanges(dialogue_text(turns)) == turns


def test_folders_are_named_safely() -> None:
    assert [id_of(name) for name in ("Zoë  Müller", "../../x", "9S", "猫", "")] == [
        "zoe_muller", "x", "c_9s", "character", "character"
    ]  # fmt: skip


def test_hostile_cards_are_loaded_or_refused_and_write_nowhere_else(tmp_path: Path) -> None:
    portrait = write(tmp_path, "face.png", png())
    n_seen = n_loaded = 0
    for name, ending, content in hostile_cards():
        n_seen += 1
        cage = tmp_path / name
        cage.mkdir()
        path = write(cage, f"in.{ending}", content)
        try:
            made = import_card(path, cage / "own", portrait=portrait)
            n_loaded += 1
            assert load_profile(made.folder) == made.profile, name
            export_card(made.profile, cage / "out.png")
        except VasaError as problem:
            assert 10 < len(str(problem)) < 1000, name
            assert not (cage / "own").exists(), f"{name}: half a character was left"
        here = {place.name for place in cage.iterdir()}
        assert here <= {path.name, "own", "out.png"}, name
    assert n_seen == N_HOSTILE
    assert {place.name for place in tmp_path.iterdir()} >= {"face.png"}
    assert 60 < n_loaded < N_HOSTILE - 40


BOMBS = (
    "many_lists", "png_packed_bomb", "png_itxt_bomb", "png_hundred_mb", "png_large_text",
    "charx_bomb", "charx_card_bomb", "conf_laughs",
)  # fmt: skip


def test_bombs_stay_small(tmp_path: Path) -> None:
    bombs = [made for made in hostile_cards() if made[0] in BOMBS]
    paths = [write(tmp_path, f"{name}.{ending}", content) for name, ending, content in bombs]
    assert len(paths) == len(BOMBS)
    bombs.clear()
    for path in paths:
        tracemalloc.start()
        with pytest.raises(CardError):
            read_card(path)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 150e6, path.name
