// How long drawing takes: the median of what fences tell.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DrawDelay } from "../draw-delay.js";

/** A graphics context whose drawings take so long each, on a clock that the test moves. */
function slowGraphics(tookMs) {
  const made = { now: 0, timers: [], fences: 0, deleted: 0 };
  made.gl = {
    SYNC_GPU_COMMANDS_COMPLETE: 1, SYNC_STATUS: 2, SIGNALED: 3,
    fenceSync: () => ({ until: made.now + tookMs[made.fences++ % tookMs.length] }),
    flush: () => {},
    deleteSync: () => { made.deleted += 1; },
    getSyncParameter: (fence) => (made.now >= fence.until ? 3 : 4),
    isContextLost: () => false,
  };
  return made;
}

/** Draw every 20 ms for so long. */
function draw(t, graphics, delay, forMs) {
  t.mock.method(globalThis, "setTimeout", (call) => graphics.timers.push(call));
  t.mock.method(performance, "now", () => graphics.now);
  for (const end = graphics.now + forMs; graphics.now < end; graphics.now += 1) {
    if (graphics.now % 20 === 0) delay.note(graphics.now);
    graphics.timers.splice(0).forEach((call) => call());
  }
}

test("the median of the last looks counts, not one that hung", (t) => {
  const graphics = slowGraphics([30, 31, 29, 300, 30]);
  const delay = new DrawDelay(graphics.gl);
  assert.equal(delay.medianMs, 0, "nothing is known before the first look");
  draw(t, graphics, delay, 6000);
  assert.ok(Math.abs(delay.medianMs - 30) <= 1, String(delay.medianMs));
  assert.ok(graphics.fences <= 13, "it looks at few drawings");
  assert.ok(graphics.fences - graphics.deleted <= 1);
});

test("a fence that never comes is given up, and a lost context forgets", (t) => {
  const graphics = slowGraphics([1e9]);
  const delay = new DrawDelay(graphics.gl);
  draw(t, graphics, delay, 3000);
  assert.equal(delay.medianMs, 0);
  assert.equal(graphics.fences - graphics.deleted <= 1, true);
  delay.keep(40);
  delay.reset();
  assert.equal(delay.medianMs, 0);
});
