"""A film as one page: face, motion and sound in a file that plays anywhere, offline."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vasa_avatar.browser.module_bundle import bundle
from vasa_avatar.browser.vface import vface_bytes
from vasa_avatar.browser.wire_motion import pack_motion
from vasa_avatar.datatypes import I16, FaceMotion
from vasa_avatar.folders import face_module_folder
from vasa_avatar.media import opus_webm
from vasa_avatar.safety import FILM, MarkPayload

if TYPE_CHECKING:
    from vasa_avatar.appearance import Avatar


@dataclass(frozen=True, slots=True, eq=False)
class FilmSound:
    """What is heard."""

    pcm_i16: I16
    """(N,)"""
    sample_rate_hz: int


def film_page(
    avatar: Avatar,
    motions: Sequence[FaceMotion],
    fps: int,
    sound: FilmSound | None = None,
    name: str = "",
    *,
    label: str = "AI",
    mark: MarkPayload | None = MarkPayload(flags=FILM),  # noqa: B008  (frozen)
) -> str:
    """The page's markup.

    Args:
        avatar: who is seen.
        motions: one for each frame.
        fps: frames a second.
        sound: begins with the first frame.
        name: who is seen, for the title.
        label: what tells viewers that the face is made; empty: nothing is shown.
        mark: what the mark over every picture says; no mark when None.
    """
    folder = face_module_folder()
    parts = [
        _part("film-face", vface_bytes(avatar, name, mark=mark)),
        _part("film-motion", b"".join(map(pack_motion, motions)), f' data-fps="{fps}"'),
    ]
    if sound is not None and len(sound.pcm_i16):
        parts.append(_part("film-sound", opus_webm(sound.pcm_i16, sound.sample_rate_hz)))
    script = bundle(folder, "film.js") + (
        "\nwindow.film = entry_exports.showFilm().catch((problem) => "
        '{ document.getElementById("film-problem").textContent = problem.message; });'
    )
    markup = (folder / "film.html").read_text(encoding="utf-8")
    markup = markup.replace("{title}", html.escape(name or "A talking face"))
    markup = markup.replace("{label}", html.escape(label))
    return markup.replace("{parts}", "\n".join(parts)).replace("{script}", script)


def _part(name: str, data: bytes, more: str = "") -> str:
    text = base64.b64encode(data).decode()
    return f'<script type="text/plain" id="{name}"{more}>{text}</script>'
