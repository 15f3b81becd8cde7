// A face file that is right is read; one that is not is refused, at once, and by nothing but its error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { FaceFileError, readFaceFile } from "../face-file.js";
import { PaintOrder } from "../paint-order.js";
import { FacePose } from "../pose.js";
import { Folds } from "../folds.js";
import { Shading } from "../shading.js";
import { ROW } from "../motion.js";

const path = process.env.VFACE;
const bytes = path ? readFileSync(path) : null;
/** `MUTATIONS=2000` tries more; the usual number is quick. */
const mutations = Number(process.env.MUTATIONS ?? 200);
const isSkipped = { skip: path ? false : "VFACE names no file; `vasa-avatar export face` makes one" };

const copyOf = (data) => Uint8Array.from(data).buffer;

/** Numbers that are the same every time. */
function dice(seed) {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** Pose a face as far as it goes without a graphics card; nothing may throw. */
function draw(face) {
  const pose = new FacePose(face);
  const order = new PaintOrder(face);
  const folds = new Folds(face, order);
  const row = new Float32Array(ROW).fill(0.4);
  pose.pose(row);
  order.sort(pose.depth);
  new Shading(face).update(pose.coefficients);
  folds.write(pose, 1, new Float32Array(20 * folds.most), 0);
  return pose;
}

test("a shipped face is read and can be posed", isSkipped, async () => {
  const face = await readFaceFile(copyOf(bytes));
  assert.ok(face.sizes.N > 1000);
  assert.equal(face.isSynthetic, true);
  const { screen } = draw(face);
  assert.ok(screen.every(Number.isFinite));
});

test("what is no face file is refused in words", async () => {
  const wrong = [new Uint8Array(0), new Uint8Array(24), new Uint8Array(500), new TextEncoder().encode("<!doctype html>".repeat(9))];
  for (const data of wrong) await assert.rejects(readFaceFile(copyOf(data)), FaceFileError);
});

test("a file of another version says which", isSkipped, async () => {
  const other = Uint8Array.from(bytes);
  other[8] = 7;
  await assert.rejects(readFaceFile(other.buffer), /version 7; this program reads 1/);
});

test("a body that unpacks to more than it says is refused", isSkipped, async () => {
  const other = Uint8Array.from(bytes);
  const view = new DataView(other.buffer);
  view.setUint32(20, view.getUint32(20, true) - 4, true);
  await assert.rejects(readFaceFile(other.buffer), /longer than it says/);
});

/** One byte, some bytes, a cut, a doubled part, or a changed word of the header. */
function mutated(roll, kind) {
  const data = Uint8Array.from(bytes);
  const headerEnd = 24 + new DataView(data.buffer).getUint32(12, true);
  if (kind === 0) data[roll(headerEnd)] = roll(256);
  if (kind === 1) for (let i = 0; i < 1 + roll(40); i += 1) data[roll(data.length)] = roll(256);
  if (kind === 2) return data.slice(0, roll(data.length));
  if (kind === 3) data.copyWithin(roll(data.length), roll(data.length), roll(data.length));
  if (kind === 4) {
    const at = 24 + roll(headerEnd - 24);
    for (let i = at; i < Math.min(headerEnd, at + 12); i += 1) if (data[i] >= 48 && data[i] <= 57) data[i] = 48 + roll(10);
  }
  return data;
}

test(`${mutations} mutations are read or refused, and what is read can be drawn`, isSkipped, async () => {
  const roll = dice(20);
  let refused = 0;
  for (let i = 0; i < mutations; i += 1) {
    let face = null;
    try {
      face = await readFaceFile(mutated(roll, i % 5).buffer);
    } catch (problem) {
      assert.ok(problem instanceof FaceFileError, `${i}: ${problem.stack}`);
      refused += 1;
    }
    if (face && i % 20 === 0) draw(face);
  }
  assert.ok(refused > mutations / 2 && refused < mutations, `${refused} were refused`);
});
