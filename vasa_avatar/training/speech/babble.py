"""Made-up words as phone strings: like a language's own, or of any sounds that people make.

The word lists of speech_text are short. Chains of three symbols, learned from a language's own
phonemized text, give any number of words with its sounds in ever new surroundings; syllables drawn
from the sounds of many languages prepare for languages that training never hears.
"""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

Rng = np.random.Generator

# What is common stands more than once.
_ONSETS = (
    *"pbtdkɡmnfvszʃʒʧʤlɹɾrjwhʈɖɲʎʦʣʋxθð",
    *"ɡtnmlkp",
)
_CLUSTERS = (
    "pl", "bl", "kl", "ɡl", "fl", "pɹ", "bɾ", "tɾ", "dɾ", "kɾ", "ɡɹ", "st", "sp", "sk", "sm", "sn",
    "sl", "tw", "kw", "mj", "nj", "pj",
)  # fmt: skip
_NUCLEI = (*"aeiouɛɔəɪʊʌæɑɜyøœɨ", *"aeiou", "aɪ", "aʊ", "eɪ", "oʊ", "ɔɪ")
_CODAS = (*"nmŋslɾɹtkpzfʃdʈbɡv", "nt", "st", "ns", "mp", "lt", "ɾd", "ks")


def world_word(rng: Rng) -> str:
    """One made-up word of one to four syllables."""
    syllables = int(rng.integers(1, 5))
    stressed = int(rng.integers(syllables))
    word = ""
    for index in range(syllables):
        if rng.random() < 0.88 or index:
            onset = str(rng.choice(_CLUSTERS if rng.random() < 0.12 else _ONSETS))
            if onset in "ptkʈʧ" and rng.random() < 0.15:
                onset += "ʰ"
        else:
            onset = ""
        nucleus = str(rng.choice(_NUCLEI))
        draw = rng.random()
        nucleus += "ː" if draw < 0.18 else "\u0303" if draw < 0.22 else ""
        coda = str(rng.choice(_CODAS)) if rng.random() < 0.35 else ""
        if index + 1 < syllables and rng.random() < 0.08:
            coda = str(rng.choice(list("ptkbdmnls"))) + "ː"
        word += ("ˈ" if index == stressed else "") + onset + nucleus + coda
    return word


class WordChain:
    """Makes words that sound like those of some phonemized text.

    Args:
        phonemized: IPA strings with words apart.
    """

    def __init__(self, phonemized: list[str]) -> None:
        follow: dict[str, Counter[str]] = defaultdict(Counter)
        for text in phonemized:
            for word in text.split():
                letters = "".join(c for c in word if c not in ',.!?;:—…"«»“”')
                marked = f"^^{letters}$"
                for k in range(2, len(marked)):
                    follow[marked[k - 2 : k]][marked[k]] += 1
        self._follow = {
            context: (list(counts), np.array(list(counts.values())) / sum(counts.values()))
            for context, counts in follow.items()
        }

    def word(self, rng: Rng) -> str:
        """One word of at most twelve symbols."""
        made = "^^"
        while len(made) < 14:
            letters, shares = self._follow[made[-2:]]
            letter = str(rng.choice(letters, p=shares))
            if letter == "$":
                break
            made += letter
        return made[2:]


def babble(chain: WordChain | None, rng: Rng) -> str:
    """An utterance of two to twelve made-up words with commas and an end."""
    words = [
        chain.word(rng) if chain is not None else world_word(rng)
        for _ in range(int(rng.integers(2, 13)))
    ]
    out = ""
    for word in words:
        out += word + (", " if rng.random() < 0.12 else " ")
    return out.rstrip(", ") + str(rng.choice([".", ".", "!", "?"]))
