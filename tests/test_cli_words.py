"""`render --words` and `--text`: what is said is acted out, and a wrong file says where."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from vasa_avatar.audio.hibari_voice import VoiceStyle
from vasa_avatar.cli.speech import read_words, speak_text
from vasa_avatar.errors import AudioError


def test_a_text_brings_its_words() -> None:
    speech = speak_text("No, never. Thank you!", VoiceStyle())
    assert [word.text for word in speech.words] == ["No,", "never.", "Thank", "you!"]
    assert speech.words[-1].end_s <= speech.sound.duration_s
    assert np.all(np.diff([word.start_s for word in speech.words]) > 0)


def test_tags_are_acted_and_not_spoken() -> None:
    plain = speak_text("Hello there.", VoiceStyle())
    tagged = speak_text("*nods* Hello <<wink>> there.", VoiceStyle())
    np.testing.assert_array_equal(tagged.sound.pcm_i16, plain.sound.pcm_i16)
    texts = [word.text for word in tagged.words]
    assert texts == ["<<nod:0.80>>", "Hello", "<<wink:0.80>>", "there."]


def test_words_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "words.json"
    path.write_text(json.dumps([{"text": "Ja.", "start_s": 0.5, "end_s": 0.9}]))
    (word,) = read_words(path)
    assert (word.text, word.start_s, word.end_s) == ("Ja.", 0.5, 0.9)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read as JSON"),
        ('{"text": "a"}', "holds dict; expected a list"),
        ('[{"text": "a", "start_s": 0}]', "word 1 of .* expected text, start_s and end_s"),
        ('[{"text": "a", "start_s": 2, "end_s": 1}]', "expected 0 <= start_s <= end_s"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "words.json"
    path.write_text(content)
    with pytest.raises(AudioError, match=message):
        read_words(path)
