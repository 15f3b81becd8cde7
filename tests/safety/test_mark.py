"""The mark: imperceptible, repeatable, read back from films, never found where it is not."""

from __future__ import annotations

import hashlib
import itertools
import math
from functools import reduce
from operator import xor

import cv2
import numpy as np
import pytest
from marked_film import compressed
from sounds import speech_like

from vasa_avatar import AvatarStream, load_character
from vasa_avatar.datatypes import F32, U8
from vasa_avatar.render import MeshRenderer
from vasa_avatar.safety import (
    FILM,
    MarkedRenderer,
    MarkPayload,
    add_mark,
    issuer_number,
    mark_pattern,
    mark_tile,
    mean_luma,
    read_mark,
)
from vasa_avatar.safety.mark.payload import (
    chips_of,
    most_likely,
    most_likely_of_ours,
    payload_of,
)

SAID = MarkPayload(issuer_number("Example Ltd"), FILM)


def two_seconds(name: str) -> list[U8]:
    """Of a shipped character, marked."""
    stream = AvatarStream(load_character(name).avatar, 16_000, mark=SAID, seed=3)
    stream.push(speech_like(2.0, 16_000))
    stream.flush()
    return [frame.frame_rgb for frame in stream.pull()][:50]


@pytest.fixture(scope="module")
def film() -> list[U8]:
    """Of a photographic character."""
    return two_seconds("iris")


@pytest.fixture(scope="module")
def drawn_film() -> list[U8]:
    """Of a drawn one."""
    return two_seconds("lina")


@pytest.mark.parametrize(
    ("is_drawn", "sha256"),
    [
        (False, "b299986028be8b47ac7cdf5a48aed56c5afdd2ea49f898f1f6a953102f43ab8a"),
        (True, "0e112be1648b740d9e49d832db17e7a48134e0ef22df12e50da536f8f371e437"),
    ],
)
def test_layout_of_version_1_never_changes(is_drawn: bool, sha256: str) -> None:
    pattern = mark_pattern(MarkPayload(0x123456, 3), 512, is_drawn)
    assert pattern.shape == (512, 512)
    assert hashlib.sha256(pattern.tobytes()).hexdigest() == sha256


@pytest.mark.parametrize(("is_drawn", "edge_px"), [(False, 128), (True, 256)])
def test_a_tile_fills_a_frame(is_drawn: bool, edge_px: int) -> None:
    tile = mark_tile(SAID, is_drawn)
    assert tile.shape == (edge_px, edge_px)
    times = 512 // edge_px
    assert np.array_equal(np.tile(tile, (times, times)), mark_pattern(SAID, 512, is_drawn))


def test_a_drawing_is_changed_little_and_grows_no_brighter() -> None:
    lina = load_character("lina")
    plain = AvatarStream(lina.avatar, 16_000, mark=None, seed=1).idle().frame_rgb
    marked = AvatarStream(lina.avatar, 16_000, seed=1).idle().frame_rgb
    difference = marked.astype(int) - plain
    assert (np.abs(difference) <= np.ceil(0.025 * plain)).all(), "the less, the darker it is"
    assert 10.0 * math.log10(255.0**2 / np.mean(difference**2)) >= 46.5
    assert abs(difference.mean()) < 0.05


def test_every_picture_of_a_stream_is_marked_by_at_most_a_level_and_looks_the_same() -> None:
    iris = load_character("iris")
    plain = AvatarStream(iris.avatar, 16_000, mark=None, seed=1).idle().frame_rgb
    marked = AvatarStream(iris.avatar, 16_000, seed=1).idle().frame_rgb
    difference = marked.astype(int) - plain
    assert set(np.unique(difference)) == {-1, 0, 1}
    assert 10.0 * math.log10(255.0**2 / np.mean(difference**2)) >= 45.0
    assert abs(difference.mean()) < 0.01  # not brighter, not darker


def test_it_stands_still_so_nothing_flickers(film: list[U8]) -> None:
    renderer = MarkedRenderer(MeshRenderer(load_character("iris").avatar, 128), SAID)
    pattern = mark_pattern(SAID, 128)
    assert np.array_equal(pattern, mark_pattern(SAID, 128))
    assert renderer.size_px == 128


@pytest.mark.parametrize(
    ("codec", "bits_per_s"),
    [("libx264", 1_000_000), ("libx264", 500_000), ("libvpx", 500_000)],
)
def test_it_survives_codecs(film: list[U8], codec: str, bits_per_s: int) -> None:
    reading = read_mark(mean_luma(compressed(film, codec, bits_per_s)))
    assert reading is not None
    assert reading.payload == SAID


@pytest.mark.parametrize("codec", ["libx264", "libvpx"])
def test_a_drawing_survives_codecs(drawn_film: list[U8], codec: str) -> None:
    reading = read_mark(mean_luma(compressed(drawn_film, codec, 500_000)))
    assert reading is not None
    assert reading.payload == SAID


@pytest.mark.parametrize(("scale", "crop"), [(0.5, 0.0), (2.0, 0.0), (1.3, 0.1)])
def test_a_drawing_survives_scaling_and_cropping(
    drawn_film: list[U8], scale: float, crop: float
) -> None:
    low, high = round(512 * crop * 0.7), 512 - round(512 * crop * 0.3)
    changed = [
        np.asarray(cv2.resize(f[low:high, low:high], None, fx=scale, fy=scale))
        for f in drawn_film[::5]
    ]
    reading = read_mark(mean_luma(changed))
    assert reading is not None
    assert reading.payload == SAID
    assert abs(reading.scale / (2.0 * scale) - 1.0) < 0.01


def test_a_drawing_is_found_in_a_part_of_a_screen(drawn_film: list[U8]) -> None:
    # On this ground it is not read in the whole screen, which tells no place.
    grain = np.random.default_rng(9).normal(128, 250, (540, 800)).astype(np.float32)
    screen = np.asarray(cv2.GaussianBlur(grain, (0, 0), 4.0), np.float32)
    face = cv2.resize(mean_luma(drawn_film[:2]), (330, 330), interpolation=cv2.INTER_AREA)
    screen[77 : 77 + 330, 301 : 301 + 330] = face
    reading = read_mark(screen)
    assert reading is not None
    assert reading.payload == SAID
    assert reading.square is not None
    assert abs(reading.square.left_px - 301) + abs(reading.square.top_px - 77) < 12


@pytest.mark.parametrize(("scale", "crop"), [(0.5, 0.0), (2.0, 0.0), (0.75, 0.1), (1.3, 0.1)])
def test_it_survives_scaling_and_cropping(film: list[U8], scale: float, crop: float) -> None:
    low, high = round(512 * crop * 0.7), 512 - round(512 * crop * 0.3)
    mode = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    changed = [
        np.asarray(cv2.resize(f[low:high, low:high], None, fx=scale, fy=scale, interpolation=mode))
        for f in film[::5]
    ]
    reading = read_mark(mean_luma(changed))
    assert reading is not None
    assert reading.payload == SAID
    assert abs(reading.scale / scale - 1.0) < 0.01


def test_one_picture_is_enough_even_as_a_jpeg(film: list[U8]) -> None:
    _, jpeg = cv2.imencode(".jpg", film[7], [cv2.IMWRITE_JPEG_QUALITY, 60])
    picture = np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR), np.uint8)
    reading = read_mark(mean_luma([picture]))
    assert reading is not None
    assert reading.payload == SAID


@pytest.mark.parametrize("is_drawn", [False, True])
def test_small_and_large_pictures_carry_it(is_drawn: bool) -> None:
    for size_px in (256, 1024):
        picture = np.full((size_px, size_px, 3), 120, np.uint8)
        add_mark(picture, SAID, is_drawn)
        reading = read_mark(mean_luma([picture]))
        assert reading is not None
        assert reading.payload == SAID


def unmarked() -> list[F32]:
    chance = np.random.default_rng(5)
    iris = load_character("iris")
    face = AvatarStream(iris.avatar, 16_000, mark=None, seed=1).idle().frame_rgb
    stripes = 128.0 + 100.0 * np.sin(np.arange(512) * 2 * np.pi * 11 / 128)[None, :].repeat(400, 0)
    return [
        mean_luma([face]),
        chance.normal(128, 30, (300, 400)).astype(np.float32),
        cv2.GaussianBlur(chance.normal(128, 60, (512, 512)).astype(np.float32), (0, 0), 2.5),
        stripes.astype(np.float32),
        np.full((200, 300), 77, np.float32),
    ]


@pytest.mark.parametrize("luma", unmarked())
def test_nothing_is_read_where_there_is_no_mark(luma: F32) -> None:
    assert read_mark(luma) is None


def test_the_mark_of_another_program_is_not_ours() -> None:
    data = b"\x57\x00\x00\x00\x00\x57"
    assert payload_of(data) is None
    assert payload_of(MarkPayload(7, 1).to_bytes()) == MarkPayload(7, 1)
    assert payload_of(b"\x56\x08\x00\x00\x00\x5e") is None, "flags of a version to come"


@pytest.mark.parametrize("symbol", range(6))
def test_one_byte_read_wrong_is_mended(symbol: int) -> None:
    data = MarkPayload(0xABCDEF, 5).to_bytes()
    chips = chips_of(data)
    wrong = bytearray(data)
    wrong[symbol] ^= 0x15
    at = slice(128 * symbol, 128 * (symbol + 1))
    chips[at] = 0.5 * chips[at] + 0.6 * chips_of(bytes(wrong))[at]
    assert most_likely(chips)[0] == data


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(range(6), 2)))
def test_two_bytes_read_wrong_are_mended_where_the_mark_is_ours(one: int, other: int) -> None:
    data = MarkPayload(0xABCDEF, 5).to_bytes()
    wrong = bytearray(data)
    for symbol, change in ((one, 0x15), (other, 0x62)):
        wrong[symbol] ^= change
    chips, others = chips_of(data), chips_of(bytes(wrong))
    for symbol in (one, other):
        at = slice(128 * symbol, 128 * (symbol + 1))
        chips[at] = 0.5 * chips[at] + 0.52 * others[at]
    found = most_likely_of_ours(chips)
    assert found is not None
    assert found[0] == data
    assert found[1] == pytest.approx(chips @ chips_of(data))


@pytest.mark.parametrize("data", [b"\x57\x00\x00\x00\x00\x57", b"\x56\x48\x01\x02\x03\x1e"])
def test_what_is_clearly_no_mark_of_ours_stays_so(data: bytes) -> None:
    assert reduce(xor, data) == 0
    assert most_likely_of_ours(chips_of(data)) is None


@pytest.mark.parametrize("bad", [{"issuer": -1}, {"issuer": 2**24}, {"flags": 8}])
def test_numbers_that_do_not_fit_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="expected 0 to"):
        MarkPayload(**bad)
