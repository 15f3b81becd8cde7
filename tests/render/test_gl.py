"""The graphics card's pictures are the processor's; here Mesa draws them, by software."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from vasa_avatar.appearance import avatar_of
from vasa_avatar.cli.bench_card import measure_card
from vasa_avatar.cli.sheet import all_tiles
from vasa_avatar.datatypes import FaceMotion
from vasa_avatar.errors import RenderError
from vasa_avatar.profiles import load_profile
from vasa_avatar.render import MeshRenderer, make_renderer
from vasa_avatar.render.gl import GlRenderer

SIZE_PX = 256
TILES = ("rest", "viseme ah", "mouthSmile", "eyeBlink", "yaw -15", "yaw +15", "tongueOut",
         "gaze down", "distance 1.5")  # fmt: skip
MOTIONS = {tile.label: tile.motion for tile in all_tiles()}


@pytest.fixture(scope="module", params=["iris", "mika"])
def both(request: pytest.FixtureRequest) -> Iterator[tuple[GlRenderer, MeshRenderer]]:
    avatar = avatar_of(load_profile(request.param))
    try:
        drawing = GlRenderer(avatar, SIZE_PX)
    except RenderError as problem:
        pytest.skip(f"{problem}")
    yield drawing, MeshRenderer(avatar, SIZE_PX)
    drawing.close()


def test_pictures_are_those_of_the_processor(both: tuple[GlRenderer, MeshRenderer]) -> None:
    drawing, engine = both
    apart = {}
    for label in TILES:
        drawn, expected = drawing.render(MOTIONS[label]), engine.render(MOTIONS[label])
        apart[label] = float(np.abs(drawn.astype(int) - expected).mean())
    assert np.mean(list(apart.values())) <= 2.0, apart
    assert max(apart.values()) <= 4.0, apart


def test_frames_that_are_read_later_are_the_same(both: tuple[GlRenderer, MeshRenderer]) -> None:
    drawing, _ = both
    motions = [MOTIONS[label] for label in TILES[:5]]
    late = list(drawing.render_all(iter(motions)))
    assert len(late) == len(motions)
    for motion, drawn in zip(motions, late, strict=True):
        np.testing.assert_array_equal(drawn, drawing.render(motion))


def test_it_draws_into_what_it_is_given(both: tuple[GlRenderer, MeshRenderer]) -> None:
    drawing, _ = both
    out = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
    assert drawing.render(FaceMotion(), out) is out
    np.testing.assert_array_equal(out, drawing.render(FaceMotion()))
    assert drawing.device


def test_the_device_decides_who_draws(
    both: tuple[GlRenderer, MeshRenderer], monkeypatch: pytest.MonkeyPatch
) -> None:
    avatar = avatar_of(load_profile("iris"))
    for device, kind in (("auto", MeshRenderer), ("cpu", MeshRenderer), ("cuda", GlRenderer)):
        monkeypatch.setenv("VASA_DEVICE", device)
        assert type(make_renderer(avatar, 64)) is kind


def test_the_bench_says_how_many_sessions_a_card_holds(
    both: tuple[GlRenderer, MeshRenderer],
) -> None:
    figures = measure_card("iris", frames=10)
    assert figures.card == both[0].device
    assert figures.card_frame_ms > 0 and figures.card_sessions_25fps >= 0


def test_frames_from_a_thread_are_the_same(both: tuple[GlRenderer, MeshRenderer]) -> None:
    drawing, _ = both
    here = drawing.render(FaceMotion())
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(drawing.render, FaceMotion()).result()
    np.testing.assert_array_equal(here, there)


def test_without_moderngl_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    really = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "moderngl":
            raise ImportError(name)
        return really(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RenderError, match=r'pip install "vasa-avatar\[gl\]"'):
        GlRenderer(avatar_of(load_profile("iris")), 64)
