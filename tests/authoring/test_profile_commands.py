"""`vasa-avatar profile`: new, check, import, export, schema; what is wrong is listed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cards import card, png, text_chunk, with_chunks

from vasa_avatar.authoring import profile_dict, profile_text
from vasa_avatar.cli import main
from vasa_avatar.profiles import load_profile, parse_profile, profile_folders, schema_text

CHARACTERS = Path(__file__).resolve().parents[2] / "character_profiles"


@pytest.fixture
def portrait(tmp_path: Path) -> Path:
    path = tmp_path / "me.png"
    path.write_bytes(png(300, 300))
    return path


def test_a_new_character_is_right_at_once(
    tmp_path: Path, portrait: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = str(tmp_path / "mine")
    assert main(["profile", "new", "--portrait", str(portrait), "--name", "Zoë", "--in", root]) == 0
    told = capsys.readouterr().out
    assert "Zoë lies in" in told and "profile check" in told and "somebody real" in told
    folder = tmp_path / "mine" / "zoe"
    profile = load_profile(folder)
    assert profile.name == "Zoë" and profile.source.synthetic
    assert (folder / "profile.yaml").read_text().startswith("# yaml-language-server: $schema=../")
    assert json.loads((tmp_path / "mine" / "profile.schema.json").read_text())["title"]
    assert main(["profile", "check", str(folder)]) == 0
    assert "zoe: nothing is wrong" in capsys.readouterr().out


def test_a_real_persons_character_names_the_consent(tmp_path: Path, portrait: Path) -> None:
    words = ["--portrait", str(portrait), "--name", "Me", "--in", str(tmp_path / "mine")]
    assert main(["profile", "new", *words, "--consent", "I, for my own use"]) == 0
    assert not load_profile(tmp_path / "mine" / "me").source.synthetic


def test_check_lists_every_fault_and_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "bad"
    folder.mkdir()
    file = folder / "profile.yaml"
    source = "source: {synthetic: true, licence: CC0, origin: a test}\n"
    faults = "voice: {pich: 1}\ntemper: {never: [dance]}\n"
    file.write_text(f"id: other\nname: Bad\n{faults}{source}")
    assert main(["profile", "check", str(folder)]) == 1
    told = capsys.readouterr().err.splitlines()
    assert told[0] == f"{file}:3: voice.pich: unknown key; did you mean pitch?"
    assert "temper.never: gesture is 'dance'" in told[1]
    assert told[-1] == "vasa-avatar: 2 faults"
    file.write_text(
        "id: other\nname: Bad\nlanguage: de\nversion: 1\n"
        f"voice: {{service: eleven}}\npersona: {{greeting: 'Hi {{{{user'}}\n{source}"
    )
    assert main(["profile", "check", str(folder)]) == 1
    told = capsys.readouterr().err
    for fault in ("there is no picture portrait.png", "voice.service: is eleven", "folder is bad"):
        assert fault in told
    assert "does not close it" in told


def test_a_card_comes_in_and_goes_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mira.png"
    path.write_bytes(with_chunks(text_chunk(b"ccv3", json.dumps(card()).encode())))
    assert main(["profile", "import", str(path), "--in", str(tmp_path / "own")]) == 0
    assert "note: the picture is taken for a made-up person" in capsys.readouterr().out
    out = str(tmp_path / "out.charx")
    assert main(["profile", "export", str(tmp_path / "own" / "mira"), "--out", out]) == 0
    assert main(["profile", "import", out, "--in", str(tmp_path / "own")]) == 0
    assert load_profile(tmp_path / "own" / "mira_2").name == "Mira"
    wrong = str(tmp_path / "out.gif")
    assert main(["profile", "export", str(tmp_path / "own" / "mira"), "--out", wrong]) == 1
    assert main(["profile", "import", str(tmp_path / "absent.png")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_the_schema_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "schema"]) == 0
    printed = capsys.readouterr().out
    assert main(["profile", "schema", "--out", str(tmp_path / "s.json")]) == 0
    assert (tmp_path / "s.json").read_text() == printed
    assert json.loads(printed)["properties"]["persona"]


def test_the_shipped_schema_is_the_present_one() -> None:
    shipped = (CHARACTERS / "profile.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_text(), "vasa-avatar profile schema --out character_profiles/…"


@pytest.mark.parametrize("id", ["iris", "leo", "greta"])
def test_a_profile_written_reads_back_the_same(id: str, tmp_path: Path) -> None:
    profile = load_profile(id)
    folder = profile.portrait.parent
    text = profile_text(profile_dict(profile, folder))
    assert parse_profile(text, folder / "profile.yaml") == profile


def test_the_shipped_characters_have_no_fault(capsys: pytest.CaptureFixture[str]) -> None:
    for folder in sorted(CHARACTERS.iterdir()):
        if folder.is_dir():
            assert main(["profile", "check", str(folder)]) == 0, capsys.readouterr().err
    assert CHARACTERS in profile_folders()


@pytest.mark.slow
def test_a_preview_shows_the_characters_own_labels(tmp_path: Path) -> None:
    import cv2

    folder = tmp_path / "iris"
    shutil.copytree(CHARACTERS / "iris", folder)
    assert main(["profile", "preview", str(folder), "--no-clip"]) == 0
    sheet = cv2.imread(str(folder / "preview.png"))
    assert sheet is not None and sheet.shape[1] == 8 * 224 and sheet.shape[0] > 6 * 224
