"""Speech without the vocoder: made-up words, the shortcut's learning, shards, and pauses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from vasa_avatar.training.speech.babble import WordChain, babble, world_word
from vasa_avatar.training.speech.phones import CLASS_OF, timed_phones
from vasa_avatar.training.speech.quick import QuickUtterance, read_quick, write_quick
from vasa_avatar.training.speech.shortcut import (
    WARPS,
    PairBank,
    comb_features,
    fit_shortcut,
    input_features,
    load_shortcut,
    pair_bank,
    sounded_rows,
)
from vasa_avatar.training.speech.synthesis import UNIT_SAMPLES, Utterance
from vasa_avatar.training.speech.tracing import (
    SpokenFeatures,
    TracedSpeech,
    pruned_session,
    read_pairs,
    write_pairs,
)


def traced(seed: int, frames: int = 200) -> TracedSpeech:
    """Features and a sound of `frames` at 80 Hz whose loudness follows the first channel."""
    rng = np.random.default_rng(seed)
    hidden = rng.standard_normal((512, frames)).astype(np.float16)
    hidden[0] = np.repeat(rng.standard_normal(-(-frames // 20)), 20)[:frames]
    gain = np.exp(1.5 * np.repeat(hidden[0].astype(np.float32), 200))
    pcm = np.clip(gain * rng.standard_normal(frames * 200) * 900, -32768, 32767).astype(np.int16)
    features = SpokenFeatures(hidden, np.full(frames, 150, np.float32), np.zeros(256, np.float32))
    return TracedSpeech(features, pcm)


def test_made_up_words_are_of_known_phones() -> None:
    rng = np.random.default_rng(0)
    words = [world_word(rng) for _ in range(300)]
    assert len(set(words)) > 290
    marks = set("ˈːʰ\u0303")
    assert all(set(word) - marks <= set(CLASS_OF) for word in words)


def test_chained_words_use_the_languages_own_sequences() -> None:
    chain = WordChain(["banana bata, nata!", "tana bana"])
    rng = np.random.default_rng(1)
    words = {chain.word(rng) for _ in range(100)}
    assert len(words) > 10
    seen = {"ba", "an", "na", "at", "ta"}
    assert all(word[i : i + 2] in seen for word in words for i in range(len(word) - 1))
    assert babble(chain, rng)[-1] in ".!?"


def test_pairs_come_back_as_they_went(tmp_path: Path) -> None:
    given = [traced(1), traced(2, 90)]
    write_pairs(tmp_path / "pair.npz", given)
    for before, after in zip(given, read_pairs(tmp_path / "pair.npz"), strict=True):
        np.testing.assert_array_equal(before.pcm_i16, after.pcm_i16)
        np.testing.assert_array_equal(before.features.hidden, after.features.hidden)
        np.testing.assert_array_equal(before.features.f0_hz, after.features.f0_hz)


def test_quick_shards_come_back_as_they_went(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    given = [
        QuickUtterance(
            rng.standard_normal((len(WARPS), rows, 40)).astype(np.float16),
            phones, np.full(len(phones), 3, np.int32), "voice", language,
        )
        for rows, phones, language in ((40, " pa ", "en"), (70, " tomo. ", "xx"))
    ]  # fmt: skip
    write_quick(tmp_path / "quick.npz", given)
    for before, after in zip(given, read_quick(tmp_path / "quick.npz"), strict=True):
        np.testing.assert_array_equal(before.log_mel, after.log_mel)
        np.testing.assert_array_equal(before.durations, after.durations)
        assert (before.phones, before.voice, before.language) == (
            after.phones, after.voice, after.language,
        )  # fmt: skip


def test_harmonics_show_where_they_are() -> None:
    comb = comb_features(np.array([0, 110, 440], np.float32))
    assert comb[0].max() == comb[0].min() == -3.0
    assert comb[2].std() > 1.3 * comb[1].std()


@pytest.mark.slow
def test_the_shortcut_learns_loudness_and_resumes(tmp_path: Path) -> None:
    bank = pair_bank([traced(seed) for seed in range(6)])
    assert isinstance(bank, PairBank)
    assert bank.rows[0].shape == (250, len(WARPS) * 40)
    path = tmp_path / "shortcut.pt"
    fit_shortcut(bank, path, steps=200, batch=4)
    net = load_shortcut(path)
    said = sounded_rows(net, traced(3).features, np.random.default_rng(0))
    assert said.shape == (len(WARPS), 250, 40)
    loud = traced(3).features.hidden[0].astype(np.float32)
    loud = np.interp(np.arange(250) * 0.8, np.arange(200), loud)
    assert np.corrcoef(said[2].mean(axis=1), loud)[0, 1] > 0.8
    again = fit_shortcut(bank, path, steps=200, batch=4)
    assert all((a == b).all() for a, b in zip(again.parameters(), net.parameters(), strict=True))


def test_features_are_normalised_over_the_utterance() -> None:
    features = traced(4).features
    louder = SpokenFeatures(features.hidden * 2 + 1, features.f0_hz, features.style)
    np.testing.assert_allclose(input_features(features), input_features(louder), atol=0.02)


def test_only_needed_nodes_are_kept(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    make = onnx.helper
    value = make.make_tensor_value_info("x", 1, [2])
    nodes = [
        make.make_node("Neg", ["x"], ["inner"]),
        make.make_node("Add", ["inner", "weight"], ["whole"]),
    ]
    weight = onnx.numpy_helper.from_array(np.ones(2, np.float32), "weight")
    out = make.make_tensor_value_info("whole", 1, [2])
    graph = make.make_graph(nodes, "g", [value], [out], [weight])
    opset = [make.make_opsetid("", 17)]
    onnx.save(make.make_model(graph, opset_imports=opset, ir_version=9), str(tmp_path / "m.onnx"))
    session = pruned_session(tmp_path / "m.onnx", ("inner",))
    assert [o.name for o in session.get_outputs()] == ["inner"]
    (said,) = session.run(None, {"x": np.array([1, 2], np.float32)})
    np.testing.assert_array_equal(said, [-1, -2])


def test_silence_counted_to_a_last_phone_is_a_pause() -> None:
    phones = " pan "
    durations = np.array([4, 4, 6, 16, 2], np.int32)
    samples = int(durations.sum()) * UNIT_SAMPLES
    pcm = (np.random.default_rng(0).standard_normal(samples) * 3000).astype(np.int16)
    pcm[14 * UNIT_SAMPLES :] = 0
    found = timed_phones(Utterance(pcm, phones, durations, "voice", "en"))
    spoken = [p for p in found if p.phone != " "]
    assert [p.phone for p in spoken] == ["p", "a", "n"]
    assert abs(spoken[-1].end - 14 * UNIT_SAMPLES) <= 160
    assert all(p.phone == " " for p in found[3:]) and found[-1].end == samples


def test_a_quiet_last_stop_keeps_its_closure() -> None:
    phones = " ap "
    durations = np.array([4, 6, 10, 2], np.int32)
    samples = int(durations.sum()) * UNIT_SAMPLES
    pcm = (np.random.default_rng(0).standard_normal(samples) * 3000).astype(np.int16)
    pcm[8 * UNIT_SAMPLES :] = 0
    found = timed_phones(Utterance(pcm, phones, durations, "voice", "en"))
    (stop,) = [p for p in found if p.phone == "p"]
    assert stop.end - stop.start == 1280
