"""`render --sign`, `verify`: signature, mark, note and label of real files, whole and damaged."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from local_site import MISSING, Answer, local_site
from marked_film import write_film

from vasa_avatar.cli import main
from vasa_avatar.errors import ProvenanceError
from vasa_avatar.safety import (
    FilmLabel,
    Statement,
    machine_identity,
    mean_luma,
    read_signature,
    report_of,
    sign_file,
    verify_file,
)
from vasa_avatar.safety.label import PLACES, seen_label

RENDER = ["render", "--profile", "leo", "--text", "Hello.", "--size", "256", "--issuer", "Example"]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed film."""
    folder = tmp_path_factory.mktemp("signed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder / "data"))
        patch.setenv("LOCALAPPDATA", str(folder / "data"))
        assert main([*RENDER, "--out", str(folder / "a.mp4"), "--sign"]) == 0
    return folder / "a.mp4"


def test_a_film_tells_all_that_was_put_in(signed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(signed), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["synthetic"]
    assert found["note"]
    assert found["signature"]["state"] == "valid"
    assert found["signature"]["statement"]["portrait_is_synthetic"] is True
    assert len(found["signature"]["statement"]["portrait_sha256"]) == 64
    (mark,) = found["marks"]
    assert mark["flags"] == 2
    assert mark["issuer"] != 0
    assert mark["false_alarm"] < 1e-8
    assert main(["verify", str(signed)]) == 0
    assert "valid" in capsys.readouterr().out


def test_one_changed_byte_breaks_the_signature_not_the_mark(signed: Path, tmp_path: Path) -> None:
    data = bytearray(signed.read_bytes())
    data[data.index(b"mdat") + 5000] ^= 1
    changed = tmp_path / "b.mp4"
    changed.write_bytes(data)
    found = verify_file(changed)
    assert found.signature is not None
    assert not found.signature.is_valid
    assert found.marks


@pytest.fixture(scope="module")
def signed_picture(signed: Path) -> Path:
    """A signed picture of a marked face."""
    picture = signed.with_name("p.png")
    with av.open(str(signed)) as container:
        frame = next(container.decode(video=0)).to_ndarray(format="bgr24")
    cv2.imwrite(str(picture), frame)
    sign_file(picture, machine_identity(signed.parent), Statement("vasa_avatar 1.0"))
    return picture


def damages(data: bytes, chance: np.random.Generator) -> bytes:
    """The same with bytes changed, cut off, left out, repeated, or a length made absurd."""
    changed = bytearray(data)
    kind = chance.integers(5)
    at, end = sorted(int(n) for n in chance.integers(0, len(data), 2))
    if kind == 0:
        for place in chance.integers(0, len(data), 1 + int(chance.integers(200))):
            changed[place] = int(chance.integers(256))
    elif kind == 1:
        del changed[at:]
    elif kind == 2:
        del changed[at : min(end, at + 4096)]
    elif kind == 3:
        changed[at:at] = changed[at : min(end, at + 4096)]
    else:  # headers stand at the front and, in a film, at the end
        place = int(chance.integers(64)) if chance.integers(2) else int(at)
        changed[place : place + 4] = chance.choice([b"\x7f\xff\xff\xff", b"\0" * 4, b"\xff" * 4])
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["signed", "signed_picture"])
def test_a_hundred_damaged_files_of_a_kind_get_an_answer(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    whole: Path = request.getfixturevalue(kind)
    data, damaged = whole.read_bytes(), tmp_path / f"d{whole.suffix}"
    # C2PA signs neither a film's ftyp box nor the head of its own box; pictures come behind them.
    begin = data.index(b"moov" if whole.suffix == ".mp4" else b"IDAT") - 4
    answers = 0
    for seed in range(100):
        changed = damages(data, np.random.default_rng(seed))
        damaged.write_bytes(changed)
        try:
            found = verify_file(damaged)
        except ProvenanceError as problem:
            assert str(damaged) in str(problem)
        else:
            json.dumps(report_of(found))
            if found.signature is not None and found.signature.is_valid:
                assert changed[begin:] == data[begin:]
        answers += 1
    assert answers == 100


def test_a_picture_that_promises_too_much_is_refused(tmp_path: Path) -> None:
    picture = tmp_path / "huge.png"
    cv2.imwrite(str(picture), np.full((64, 64, 3), 90, np.uint8))
    data = bytearray(picture.read_bytes())
    data[16:24] = b"\x00\x7f\xff\xff" * 2
    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    picture.write_bytes(data)
    with pytest.raises(ProvenanceError, match="not a picture that can be read"):
        verify_file(picture)


def test_the_label_is_told_by_signature_and_picture(signed: Path, tmp_path: Path) -> None:
    label = verify_file(signed).label
    assert (label.said, label.place, label.is_off) == ("AI", "top right", False)
    bare = tmp_path / "bare.png"
    cv2.imwrite(str(bare), np.random.default_rng(3).integers(0, 255, (256, 256, 3), np.uint8))
    assert verify_file(bare).label.place == ""


@pytest.mark.parametrize("text", ["AI", "Synthetic", "KI"])
@pytest.mark.parametrize("place", PLACES)
def test_a_label_is_seen_in_its_corner(text: str, place: str) -> None:
    for time_s in (0.0, 5.0):
        frame = cv2.GaussianBlur(
            np.random.default_rng(7).integers(0, 255, (320, 320, 3), np.uint8), (0, 0), 5
        )
        assert seen_label(mean_luma([frame]), text) is None
        FilmLabel(text, place).draw(frame, time_s)
        assert seen_label(mean_luma([frame]), text) == place


def test_pictures_can_be_signed_too(tmp_path: Path) -> None:
    picture = tmp_path / "p.png"
    cv2.imwrite(str(picture), np.full((64, 64, 3), 90, np.uint8))
    assert read_signature(picture) is None
    sign_file(picture, machine_identity(tmp_path), Statement("vasa_avatar 1.0"))
    found = read_signature(picture)
    assert found is not None
    assert found.is_valid
    assert not found.is_signer_trusted
    assert (tmp_path / "signing_identity.pem").stat().st_mode & 0o077 == 0
    assert machine_identity(tmp_path) == machine_identity(tmp_path)


def test_a_file_that_cannot_carry_it_says_so_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.webm"
    assert main([*RENDER, "--out", str(out), "--sign"]) == 1
    assert "cannot carry a signature" in capsys.readouterr().err
    assert not out.exists()


def test_a_film_of_others_has_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    film = tmp_path / "other.mp4"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width = stream.height = 96
        for i in range(60):
            frame = np.full((96, 96, 3), 4 * i % 255, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    found = verify_file(film)
    assert not found.is_known_synthetic
    assert found.n_windows == 2
    assert main(["verify", str(tmp_path)]) == 0
    assert "none in 2" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["http://example.com/a.mp4", "missing.mp4", "text.mp4"])
def test_what_is_no_film_is_refused_by_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("not a film")
    asked = name if "://" in name else str(tmp_path / name)
    assert main(["verify", asked]) == 1
    assert asked in capsys.readouterr().err


def test_a_film_of_this_machine_is_fetched_and_nothing_leads_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    film = write_film(tmp_path / "f.mp4", is_marked=True, seconds=0.4).read_bytes()
    answers: dict[str, Answer] = {
        "/f.mp4": (200, {}, film),
        "/near.mp4": (302, {"Location": "/f.mp4"}, b""),
        "/far.mp4": (302, {"Location": "http://example.com/f.mp4"}, b""),
    }
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # nobody is there
    with local_site(lambda path: answers.get(path, MISSING)) as url:
        for name in ("f.mp4", "near.mp4"):
            assert main(["verify", f"{url}/{name}"]) == 0
            assert "issuer c0ffee" in capsys.readouterr().out
        assert main(["verify", f"{url}/far.mp4"]) == 1
        assert "http://example.com/f.mp4 is not on this machine" in capsys.readouterr().err
        assert main(["verify", f"{url}/none.mp4"]) == 1


def test_the_label_is_large_at_first_then_small_in_its_corner() -> None:
    def boxes(label: FilmLabel) -> list[tuple[int, int, int, int]]:
        found = []
        for time_s in (0.0, 5.0):
            frame = np.full((256, 256, 3), 90, np.uint8)
            label.draw(frame, time_s)
            rows, columns = np.nonzero((frame != 90).any(2))
            found.append((rows.min(), rows.max(), columns.min(), columns.max()))
        return found

    large, small = boxes(FilmLabel())
    assert large[1] - large[0] > 1.4 * (small[1] - small[0])
    assert small[3] > 240
    assert small[1] < 30
    _, low = boxes(FilmLabel("KI", "bottom left"))
    assert low[0] > 220
    assert low[2] < 16


def test_a_label_that_cannot_be_drawn_still_says_ai(caplog: pytest.LogCaptureFixture) -> None:
    frame, plain = (np.full((256, 256, 3), 90, np.uint8) for _ in range(2))
    FilmLabel("人工知能").draw(frame, 0.0)
    FilmLabel().draw(plain, 0.0)
    assert np.array_equal(frame, plain)
    assert "cannot be drawn" in caplog.text
