"""Sounds without speech, made from nothing: coloured noise, hum, breath, keyboards, music.

Each function gives (N,) float32 at 16 kHz.
"""

from __future__ import annotations

import numpy as np

from vasa_avatar.datatypes import F32

RATE_HZ = 16_000
Rng = np.random.Generator


def _shape_spectrum(white: np.ndarray, gain_of_hz: np.ndarray) -> F32:
    spectrum = np.fft.rfft(white) * gain_of_hz
    out = np.fft.irfft(spectrum, len(white))
    shaped: F32 = (out / (np.abs(out).max() + 1e-9)).astype(np.float32)
    return shaped


def coloured_noise(samples: int, rng: Rng) -> F32:
    """White to brown noise with a slow change of level, at times with mains hum."""
    hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    slope = rng.uniform(0, 2.2)
    out = _shape_spectrum(rng.standard_normal(samples), np.maximum(hz, 30) ** (-slope / 2))
    knots = rng.uniform(0.4, 1.0, max(2, samples // 8000))
    out *= np.interp(np.linspace(0, len(knots) - 1, samples), np.arange(len(knots)), knots)
    if rng.random() < 0.3:
        time_s = np.arange(samples) / RATE_HZ
        for harmonic in range(1, 6):
            out += 0.3 / harmonic * np.sin(2 * np.pi * 50 * harmonic * time_s + rng.uniform(0, 6))
    return out.astype(np.float32)


def breath(samples: int, rng: Rng) -> F32:
    """Breaths in and out: noise with a broad formant, swelling over half a second."""
    hz = np.fft.rfftfreq(samples, 1 / RATE_HZ)
    centre = rng.uniform(900, 3500)
    noise = _shape_spectrum(
        rng.standard_normal(samples), np.exp(-0.5 * (np.log2((hz + 50) / centre) / 0.9) ** 2) + 0.05
    )
    envelope = np.zeros(samples)
    at = int(rng.uniform(0, 0.5) * RATE_HZ)
    while at < samples:
        length = int(rng.uniform(0.25, 1.1) * RATE_HZ)
        swell = np.sin(np.pi * np.linspace(0, 1, length)) ** rng.uniform(1, 3)
        piece = envelope[at : at + length]
        piece += swell[: len(piece)] * rng.uniform(0.3, 1.0)
        at += length + int(rng.uniform(0.2, 1.6) * RATE_HZ)
    return (noise * envelope).astype(np.float32)


def keyboard(samples: int, rng: Rng) -> F32:
    """Key strokes, clicks and knocks: short resonant bursts at uneven times."""
    out = np.zeros(samples)
    at = 0.0
    while True:
        at += rng.exponential(0.16) + 0.05
        start = int(at * RATE_HZ)
        length = int(rng.uniform(0.01, 0.06) * RATE_HZ)
        if start + length >= samples:
            clicks: F32 = (out / (np.abs(out).max() + 1e-9)).astype(np.float32)
            return clicks
        time_s = np.arange(length) / RATE_HZ
        ring = np.sin(2 * np.pi * rng.uniform(300, 4500) * time_s)
        burst = (ring + rng.standard_normal(length)) * np.exp(-time_s * rng.uniform(60, 400))
        out[start : start + length] += burst * rng.uniform(0.2, 1.0)


def music(samples: int, rng: Rng) -> F32:
    """Chords, a bass, a melody with vibrato and a drum, in a random key and tempo."""
    out = np.zeros(samples)
    beat = int(RATE_HZ * rng.uniform(0.25, 0.7))
    root_hz = 55 * 2 ** (rng.integers(0, 24) / 12)
    scale = (
        np.array([0, 2, 4, 5, 7, 9, 11]) if rng.random() < 0.5 else np.array([0, 2, 3, 5, 7, 8, 10])
    )
    has_drum, has_melody = rng.random(2) < (0.6, 0.8)
    brightness = rng.uniform(0.7, 2.2)
    for start in range(0, samples, beat):
        degree = int(rng.integers(7))
        notes = [scale[(degree + k) % 7] for k in (0, 2, 4)] + [scale[degree] - 12]
        if has_melody:
            notes.append(scale[int(rng.integers(7))] + 12)
        length = min(beat * int(rng.integers(1, 4)), samples - start)
        time_s = np.arange(length) / RATE_HZ
        envelope = np.minimum(1, time_s / rng.uniform(0.005, 0.1)) * np.exp(
            -time_s * rng.uniform(0.3, 5)
        )
        for note in notes:
            hz = root_hz * 2 ** (note / 12) * (2 if note > 0 else 1)
            vibrato = rng.uniform(0, 0.01) * np.sin(2 * np.pi * 5.5 * time_s) / 5.5
            for harmonic in range(1, 9):
                if hz * harmonic < 7000:
                    out[start : start + length] += (
                        envelope
                        * harmonic**-brightness
                        * np.sin(2 * np.pi * hz * harmonic * (time_s + vibrato))
                    )
        if has_drum:
            hit = rng.standard_normal(length) * np.exp(-time_s * rng.uniform(15, 60))
            out[start : start + length] += hit * rng.uniform(0.3, 2.0)
    music: F32 = (out / (np.abs(out).max() + 1e-9)).astype(np.float32)
    return music


KINDS = {"noise": coloured_noise, "breath": breath, "keyboard": keyboard, "music": music}
