// What hangs follows the head late by a little, and comes to rest with it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ROTATION, ROW } from "../motion.js";
import { Trail } from "../trail.js";

const FPS = 50;

function yawsAfterAStep() {
  const trail = new Trail();
  const row = new Float32Array(ROW);
  trail.follow(row, 0);
  row[ROTATION + 1] = 1;
  return Array.from({ length: FPS }, (_, i) => trail.follow(row, (i + 1) / FPS)[1]);
}

test("a step is followed as the engine follows it", () => {
  const yaws = yawsAfterAStep();
  // The first, fifth, twentieth and last of vasa_avatar.motion.Trail(50) after the same step.
  const expected = ["0.0166", "0.3019", "1.1263", "0.9964"];
  assert.deepEqual([0, 4, 19, 49].map((i) => yaws[i].toFixed(4)), expected);
});

test("after a pause, or a step back in time, it is where the head is", () => {
  const trail = new Trail();
  const row = new Float32Array(ROW);
  trail.follow(row, 1);
  for (const [atS, yaw] of [[2, 0.5], [1.9, -0.5]]) {
    row[ROTATION + 1] = yaw;
    assert.equal(trail.follow(row, atS)[1], yaw);
  }
});
