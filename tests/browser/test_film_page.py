"""A film as a page: everything is in the file, in the forms that the module reads."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import av
import numpy as np
import pytest
from flat_avatar import flat_avatar
from sounds import speech_like

from vasa_avatar.browser import FilmSound, face_module_folder, film_page, unpack_motion
from vasa_avatar.browser.module_bundle import bundle
from vasa_avatar.cli import main
from vasa_avatar.datatypes import FaceMotion, K
from vasa_avatar.media import opus_webm


def part(markup: str, name: str) -> bytes:
    found = re.search(rf'id="{name}"[^>]*>([^<]*)<', markup)
    assert found is not None
    return base64.b64decode(found[1])


def test_face_motion_and_sound_are_inside() -> None:
    motions = [FaceMotion(np.full(K, i / 10, np.float32)) for i in range(10)]
    sound = FilmSound(speech_like(0.4, 24_000), 24_000)
    markup = film_page(flat_avatar(), motions, 25, sound, "Ada <b>")
    assert part(markup, "film-face")[:8] == b"VASAFACE"
    rows = part(markup, "film-motion")
    assert len(rows) == 700 and 'data-fps="25"' in markup
    assert unpack_motion(rows[70:140]).expression[0] == pytest.approx(0.1, abs=0.002)
    with av.open(io.BytesIO(part(markup, "film-sound"))) as heard:
        seconds = sum(frame.samples for frame in heard.decode(audio=0)) / 48_000
        assert heard.streams.audio[0].codec_context.name in ("opus", "libopus")
    assert seconds == pytest.approx(0.4, abs=0.03)
    assert "Ada &lt;b&gt;" in markup and "<b>" not in markup
    assert not re.search(r"https?://|\{parts\}|\{script\}|^import ", markup, re.MULTILINE)


def test_the_film_of_the_documents_holds_the_present_module() -> None:
    """Made anew by the command in web/vasa-face/README.md, "A film as a page"."""
    shown = (face_module_folder().parents[1] / "docs" / "films" / "iris.html").read_text("utf-8")
    made = film_page(flat_avatar(), [FaceMotion()], 25, name="Iris")
    data = re.compile(r'<script type="text/plain".*?</script>\n?', re.DOTALL)
    assert data.sub("", shown) == data.sub("", made), "web/vasa-face has changed: make it anew"


def test_a_film_without_sound_has_none() -> None:
    assert 'id="film-sound"' not in film_page(flat_avatar(), [FaceMotion()], 25)


def test_opus_keeps_the_sound() -> None:
    pcm = (8000 * np.sin(2 * np.pi * 300 * np.arange(24_000) / 24_000)).astype(np.int16)
    with av.open(io.BytesIO(opus_webm(pcm, 24_000))) as container:
        frames = [frame.to_ndarray().ravel() for frame in container.decode(audio=0)]
    heard = np.concatenate(frames)[4_800:43_200].astype(np.float32)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * 48_000 / len(heard) == pytest.approx(300, abs=2)


def test_what_cannot_be_bundled_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text('import b from "./b.js";\n')
    with pytest.raises(ValueError, match=r"a.js imports or exports in a form"):
        bundle(tmp_path, "a.js")


def test_the_command_writes_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, moves = tmp_path / "hello.html", tmp_path / "moves.npz"
    command = ["render", "--profile", "iris", "--text", "Hello.", "--out", str(out)]
    assert main([*command, "--motion-out", str(moves)]) == 0
    assert "frames at 25 fps" in capsys.readouterr().out
    markup = out.read_text(encoding="utf-8")
    n_frames = len(np.load(moves)["expression"])
    assert len(part(markup, "film-motion")) == 70 * n_frames
    assert "<title>Iris</title>" in markup
    again = ["render", "--profile", "iris", "--motion", str(moves), "--out", str(out)]
    assert main(again) == 0
    assert 'id="film-sound"' not in out.read_text(encoding="utf-8")


def test_the_page_shows_the_label_unless_there_is_none() -> None:
    assert '<span id="film-label">AI</span>' in film_page(flat_avatar(), [FaceMotion()], 25)
    other = film_page(flat_avatar(), [FaceMotion()], 25, label="<KI>")
    assert '<span id="film-label">&lt;KI&gt;</span>' in other
