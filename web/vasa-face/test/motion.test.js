// The bytes of motion, and what lies between two rows.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { COEFFICIENTS, MOTION_BYTES, readMotion, ROW, writeMotion } from "../motion.js";
import { MotionTrack } from "../motion-track.js";
import { FacePlayer } from "../player.js";

const vectors = JSON.parse(readFileSync(process.env.MOTION_VECTORS ?? new URL("../../../docs/motion_vectors.json", import.meta.url)));

const rowOf = (frame) => Float32Array.from([
  ...frame.expression, ...frame.rotation_rad, ...frame.translation, ...frame.gaze_rad, frame.breath,
]);

function filled(value) {
  return writeMotion(new Float32Array(ROW).fill(value));
}

test("the vectors of the document hold, both ways", () => {
  assert.deepEqual(vectors.coefficients, [...COEFFICIENTS]);
  for (const frame of vectors.frames) {
    const row = rowOf(frame);
    assert.equal(Buffer.from(writeMotion(row)).toString("hex"), frame.bytes);
    const back = new Float32Array(ROW);
    const bytes = Uint8Array.from(Buffer.from(frame.bytes, "hex"));
    readMotion(new DataView(bytes.buffer), 0, back);
    const again = writeMotion(back);
    assert.equal(Buffer.from(again).toString("hex"), frame.bytes);
  }
});

test("too few bytes are refused", () => {
  assert.throws(() => readMotion(new DataView(new ArrayBuffer(69)), 0, new Float32Array(ROW)), RangeError);
});

test("between two rows everything is interpolated, after the last one it is held", () => {
  const track = new MotionTrack();
  const out = new Float32Array(ROW);
  assert.equal(track.at(0, 500, out), false);
  for (let i = 0; i < 3; i += 1) {
    assert.ok(track.push({ generation: 0, sample: 960 * i, samples: 960, isSpeech: i > 0 }, filled(i / 4)));
  }
  assert.equal(track.at(0, 0, out), false, "before the middle of the first row nothing is known");
  assert.ok(track.at(0, 480 + 240, out));
  assert.ok(Math.abs(out[52] - 1 / 16) < 1e-3);
  assert.equal(track.isSpeech, false);
  assert.ok(track.at(0, 480 + 960 * 1.5, out));
  assert.ok(Math.abs(out[0] - 3 / 8) < 1 / 255);
  assert.equal(track.isSpeech, true);
  assert.ok(track.at(0, 480 + 960 * 2 + 100, out));
  assert.ok(Math.abs(out[60] - 0.5) < 1e-3);
  assert.equal(track.lateSamples, 100);
});

test("an older generation is stale, and the newer one waits until it is heard", () => {
  const track = new MotionTrack();
  const out = new Float32Array(ROW);
  track.push({ generation: 0, sample: 0, samples: 960, isSpeech: true }, filled(1));
  track.push({ generation: 1, sample: 960, samples: 960, isSpeech: false }, filled(0.5));
  assert.ok(track.at(0, 5000, out));
  assert.equal(out[52], 1);
  assert.equal(track.push({ generation: 0, sample: 960, samples: 960, isSpeech: true }, filled(1)), false);
  track.setGeneration(1);
  assert.equal(track.push({ generation: 0, sample: 1920, samples: 960, isSpeech: true }, filled(1)), false);
  assert.equal(track.at(0, 5000, out), false);
  assert.ok(track.at(1, 1500, out));
  assert.equal(out[52], 0.5);
});

test("thousands of rows take no more room than some", () => {
  const track = new MotionTrack();
  const out = new Float32Array(ROW);
  for (let i = 0; i < 5000; i += 1) track.push({ generation: 0, sample: 960 * i, samples: 960, isSpeech: false }, filled(0));
  assert.equal(track.count, 512);
  assert.equal(track.dropped, 5000 - 512);
  assert.ok(track.newest(out));
  assert.equal(track.count, 1);
});

test("frames that come in one message share its time", () => {
  const apart = new FacePlayer(null, () => null, 24000);
  const together = new FacePlayer(null, () => null, 24000);
  const rows = [0.1, 0.5, 0.9].map(filled);
  rows.forEach((row, i) => apart.push({ generation: 0, sample: 960 * i, samples: 960, isSpeech: true }, row));
  const bytes = new Uint8Array(3 * MOTION_BYTES);
  rows.forEach((row, i) => bytes.set(row, MOTION_BYTES * i));
  assert.ok(together.push({ generation: 0, sample: 0, samples: 2880, isSpeech: true }, bytes));
  const expected = new Float32Array(ROW);
  const found = new Float32Array(ROW);
  for (const sample of [500, 1300, 2200, 2500]) {
    assert.ok(apart.track.at(0, sample, expected));
    assert.ok(together.track.at(0, sample, found));
    assert.deepEqual(found, expected);
  }
  assert.equal(together.push({ generation: 0, sample: 0, samples: 2880, isSpeech: true }, bytes), false);
});
