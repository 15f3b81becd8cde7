"""Files and motion that are wrong: an error event, and the page lives on."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytestmark = pytest.mark.browser
MUTATIONS = int(os.environ.get("MUTATIONS", "60"))
"""`MUTATIONS=2000` tries more"""

# Mutates a face's bytes and lets the element load each; counts how it ended. What is read is drawn,
# with motion that is nonsense, too.
TRY = """async ([path, count]) => {
  await import("/vasa-face/element.js");
  const module = await import("/vasa-face/index.js");
  const whole = new Uint8Array(await (await fetch(path)).arrayBuffer());
  let state = 7;
  const roll = (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
  const ended = { ready: 0, error: 0, none: 0, other: [] };
  const head = 24 + new DataView(whole.buffer).getUint32(12, true);
  for (let i = 0; i < count; i += 1) {
    const bytes = Uint8Array.from(whole);
    const kind = i % 4;
    if (kind === 0) bytes[roll(head)] = roll(256);
    if (kind === 1) for (let k = 0; k < 20; k += 1) bytes[roll(bytes.length)] = roll(256);
    if (kind === 2) bytes.copyWithin(roll(bytes.length), roll(bytes.length), roll(bytes.length));
    const from = bytes.length - roll(100000);
    if (kind === 3) for (let k = 0; k < 9; k += 1) bytes[from + roll(99999)] = roll(256);
    const face = document.createElement("vasa-face");
    face.style.width = "64px";
    const end = new Promise((done) => {
      face.addEventListener("ready", () => done("ready"));
      face.addEventListener("error", (event) => {
        const known = [module.FaceFileError, RangeError];
        const isKnown = known.some((kind) => event.detail instanceof kind);
        if (!isKnown) ended.other.push(String(event.detail));
        done("error");
      });
      setTimeout(() => done("none"), 20000);
    });
    const address = URL.createObjectURL(new Blob([bytes]));
    face.setAttribute("src", address);
    document.body.append(face);
    const how = await end;
    ended[how] += 1;
    if (how === "ready") {
      const row = new Float32Array(module.ROW);
      for (const value of [NaN, Infinity, -1e9, 1e9, 0.5]) face.show(row.fill(value));
    }
    face.remove();
    URL.revokeObjectURL(address);
  }
  return ended;
}"""


@pytest.mark.parametrize("path", ["/flat.vface", "/iris.vface"])
def test_a_hostile_face_gives_an_error_and_nothing_else(page: Any, path: str) -> None:
    page.set_default_timeout(0)
    ended = page.evaluate(TRY, [path, MUTATIONS // 2])
    assert ended["none"] == 0, ended
    assert ended["other"] == [], ended
    assert ended["error"] > MUTATIONS // 8, ended
    assert page.evaluate("1 + 1") == 2


def test_motion_that_is_wrong_is_refused_or_drawn(page: Any) -> None:
    told = page.evaluate(
        """async () => {
          const { MotionTrack, MOTION_BYTES, ROW } = await import("/vasa-face/index.js");
          const track = new MotionTrack();
          const out = new Float32Array(ROW);
          const places = [NaN, Infinity, -Infinity, -1, 0, 1e300, 2 ** 53];
          let refused = 0;
          for (let i = 0; i < 2000; i += 1) {
            const at = places[i % places.length];
            const bytes = crypto.getRandomValues(new Uint8Array((i * 7) % (2 * MOTION_BYTES)));
            const [generation, samples, isSpeech] = [places[i % 5], places[i % 3], i % 2];
            const frame = { generation, sample: at, samples, isSpeech };
            try {
              if (!track.push(frame, bytes)) refused += 1;
            } catch (problem) {
              if (!(problem instanceof RangeError)) throw problem;
              refused += 1;
            }
            track.at(i, at, out);
          }
          return [refused > 1000, track.count <= 512, out.every(Number.isFinite)];
        }"""
    )
    assert told == [True, True, True]
