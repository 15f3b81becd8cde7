"""`render --sign`, `verify`: signature, mark, note and label of real files, whole and damaged."""

from __future__ import annotations

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from vasa_avatar.cli import main
from vasa_avatar.errors import ProvenanceError
from vasa_avatar.safety import (
    FilmLabel,
    Statement,
    machine_identity,
    read_signature,
    sign_file,
    verify_file,
)

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


def test_damaged_films_get_an_answer(signed: Path, tmp_path: Path) -> None:
    data = signed.read_bytes()
    chance = np.random.default_rng(11)
    damaged = tmp_path / "d.mp4"
    answered = 0
    for i in range(24):
        changed = bytearray(data)
        for at in chance.integers(0, len(data), 1 + 4 * i):
            changed[at] = int(chance.integers(256))
        damaged.write_bytes(changed[: len(data) if i % 2 else int(chance.integers(len(data)))])
        try:
            verify_file(damaged)
        except ProvenanceError as problem:
            assert str(damaged) in str(problem)
        answered += 1
    assert answered == 24


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
