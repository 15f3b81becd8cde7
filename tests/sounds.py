"""Sounds made by formula, for tests."""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32, I16


def speech_like(seconds: float, rate: int, seed: int = 0) -> I16:
    """A voice that says syllables: harmonics through moving formants, pauses, int16."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    f0 = 130 + 25 * np.sin(2 * np.pi * 0.7 * t) + 8 * np.sin(2 * np.pi * 2.3 * t)
    phase = 2 * np.pi * np.cumsum(f0) / rate
    first = 450 + 250 * np.sin(2 * np.pi * 1.9 * t)
    second = 1500 + 700 * np.sin(2 * np.pi * 1.3 * t + 1)
    voice = np.zeros_like(t)
    for harmonic in range(1, 25):
        hz = harmonic * f0
        gain = 1 / (1 + ((hz - first) / 120) ** 2) + 0.4 / (1 + ((hz - second) / 200) ** 2)
        voice += gain * np.sin(harmonic * phase) * (hz < rate / 2.2)
    syllables = np.clip(np.sin(2 * np.pi * 3.7 * t) + 0.4, 0, None)
    phrases = (np.sin(2 * np.pi * 0.31 * t + 0.3) > -0.6).astype(float)
    sound = voice * syllables * phrases + 0.002 * rng.standard_normal(len(t))
    return (sound / np.abs(sound).max() * 14_000).astype(np.int16)


def tone_of_voice(f0_hz: F32, level: F32) -> F32:
    """A buzzing voice at 16 kHz, float32: pitch and loudness (0..1) a sample each."""
    phase = 2 * np.pi * np.cumsum(f0_hz) / 16_000
    sound = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 14))
    noise = np.random.default_rng(0).standard_normal(len(phase))
    return (0.1 * level * sound + 1e-4 * noise).astype(np.float32)


# First three formants in Hz and their levels, after Peterson and Barney 1952 (men).
_FORMANTS = {
    "ah": ((730, 1.0), (1090, 0.6), (2440, 0.05)),
    "ee": ((270, 1.0), (2290, 0.25), (3010, 0.2)),
    "oo": ((300, 1.0), (870, 0.25), (2240, 0.006)),
    "m": ((250, 0.22), (1100, 0.006), (2200, 0.002)),
}


def vowel(name: str, seconds: float = 0.5, f0_hz: float = 120.0) -> F32:
    """A sung vowel or a hummed m at 16 kHz, float32."""
    t = np.arange(int(seconds * 16_000)) / 16_000
    sound = np.zeros_like(t)
    for harmonic in range(1, 60):
        hz = harmonic * f0_hz
        gain = sum(g / (1 + ((hz - f) / (60 + 0.04 * f)) ** 2) for f, g in _FORMANTS[name])
        sound += gain / harmonic**0.5 * np.sin(harmonic * 2 * np.pi * f0_hz * t + harmonic)
    return (0.12 * sound).astype(np.float32)
