"""Code in documents and docstrings runs as it stands: that of the engine."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from snippets import ROOT, Snippet, python_snippets, run_snippet
from sounds import speech_like

from vasa_avatar import AvatarStream, load_character
from vasa_avatar.datatypes import I16, U8
from vasa_avatar.errors import ModelStoreError
from vasa_avatar.nets import ModelStore


@pytest.mark.parametrize("snippet", python_snippets("vasa_avatar"), ids=str)
def test_code_runs(snippet: Snippet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if "build_avatar(" in snippet.text:
        try:
            ModelStore().path("face_landmarker")
        except ModelStoreError as error:
            pytest.skip(f"needs the landmark nets: {error}")
    shutil.copy(ROOT / "character_profiles" / "iris" / "portrait.png", tmp_path)
    monkeypatch.chdir(tmp_path)
    shown: list[tuple[U8, I16]] = []
    speech = speech_like(1.0, 24_000)
    names = {
        "pcm_i16": speech,
        "show": lambda picture, sound: shown.append((picture, sound)),
        "stream": AvatarStream(load_character("iris").avatar, 24_000),
    }
    waiting = run_snippet(snippet, names)
    if waiting is not None:
        asyncio.run(waiting)
    if "show(" in snippet.text:
        assert len(shown) > 10
        assert {picture.shape for picture, _ in shown} == {(512, 512, 3)}
        assert {len(sound) for _, sound in shown} - {0} == {960}
