// Pipecat's server messages become motion on our clock.

import assert from "node:assert/strict";
import { test } from "node:test";

import { RtviFace } from "../adapters/rtvi.js";
import { ROW, writeMotion } from "../motion.js";

globalThis.requestAnimationFrame ??= () => 1;
globalThis.cancelAnimationFrame ??= () => {};

const rows = (...values) => Buffer.concat(values.map((v) => writeMotion(new Float32Array(ROW).fill(v)))).toString("base64");

function message(at, lead, text, more = {}) {
  return { type: "vasa-motion", v: 1, g: 0, at, lead, ms: 40, rows: text, ...more };
}

test("what is not ours is left alone", () => {
  const face = new RtviFace(null);
  for (const data of [null, undefined, "x", {}, { type: "transcript" }]) assert.equal(face.take(data), false);
});

test("the fastest message sets the clock, and the voice's delay is added", () => {
  const face = new RtviFace(null);
  assert.equal(face.heardAt(5000), null);
  face.delayMs = 100;
  assert.ok(face.take(message(1000, 150, rows(0, 0.5)), 5080)); // 80 ms on its way
  face.take(message(1080, 150, rows(0.5, 1)), 5110); // 30 ms
  face.take(message(1160, 150, rows(1, 1)), 5260);
  const heard = face.heardAt(5300);
  assert.ok(Math.abs(heard.sample - (5300 - 4180 - 100 - 35)) < 0.1);
  const out = new Float32Array(ROW);
  assert.ok(face.player.track.at(0, 1040, out));
  assert.ok(Math.abs(out[60] - 0.25) < 1e-3);
});

test("a barge-in makes older motion stale", () => {
  const face = new RtviFace(null);
  face.take(message(1000, 150, rows(1, 1), { s: 1 }), 0);
  assert.ok(face.take({ type: "vasa-motion-interrupted", v: 1, g: 1 }));
  face.take(message(1080, 150, rows(1, 1), { s: 1 }), 0);
  assert.equal(face.player.track.count, 0);
  face.take(message(1100, 0, rows(0, 0), { g: 1 }), 0);
  assert.equal(face.player.track.count, 2);
});

test("speech takes the place of what was sent ahead without it", () => {
  const face = new RtviFace(null);
  face.take(message(1040, 40, rows(0.1, 0.2)), 0);
  face.take(message(1040, 0, rows(1), { s: 1 }), 40);
  assert.equal(face.player.track.count, 1);
});

test("nonsense is counted and changes nothing", () => {
  const face = new RtviFace(null);
  const wrong = [
    message("x", 1, rows(1)), message(1, NaN, rows(1)), message(1, 1, "%%%"), message(1, 1, ""),
    message(1, 1, 7), message(1, 1, "AAAA"), message(1, 1, rows(1), { ms: 0 }), message(1, 1, "A".repeat(1e5)),
  ];
  for (const data of wrong) assert.ok(face.take(data, 0));
  assert.equal(face.refused, wrong.length);
  assert.equal(face.player.track.count, 0);
});

test("the receiver's own figures tell how long the voice waits", async () => {
  const face = new RtviFace(null, () => 20);
  let waited = 0;
  const receiver = {
    getStats: async () => {
      waited += 1;
      return new Map([["a", { type: "inbound-rtp", jitterBufferDelay: 4800 * 0.06 * waited, jitterBufferEmittedCount: 4800 * waited }]]);
    },
  };
  for (let i = 0; i < 40; i += 1) await face.look(receiver);
  assert.ok(Math.abs(face.delayMs - 80) < 0.5);
});

test("what the sound card adds is told by the playout's statistics, as it changes", async () => {
  const face = new RtviFace(null, () => 20);
  let looks = 0;
  let total = 0;
  const receiver = {
    getStats: async () => {
      looks += 1;
      total += 24000 * (looks < 20 ? 0.03 : 0.2);
      return new Map([
        ["p", { type: "media-playout", totalPlayoutDelay: total, totalSamplesCount: 24000 * looks }],
        ["a", { type: "inbound-rtp", jitterBufferDelay: 4800 * 0.06 * looks, jitterBufferEmittedCount: 4800 * looks }],
      ]);
    },
  };
  for (let i = 0; i < 19; i += 1) await face.look(receiver);
  assert.ok(Math.abs(face.afterReceiverMs() - 30) < 0.5);
  for (let i = 0; i < 30; i += 1) await face.look(receiver);
  assert.ok(Math.abs(face.delayMs - 260) < 1, "60 in the receiver, 200 in the card");
});

test("the packet that is played says what is heard, however the line stretches", async () => {
  const face = new RtviFace(null, () => 10);
  face.take(message(1000, 150, rows(0, 0)), 1850); // our clock is 1000 ahead of the sender's
  let emitted = 0;
  let delay = 0;
  const receiver = { played: 0, rtp: 0 };
  receiver.getSynchronizationSources = () => [{ rtpTimestamp: receiver.rtp, timestamp: performance.timeOrigin + receiver.played }];
  receiver.getStats = async () => {
    emitted += 4800;
    delay += 4800 * 0.08;
    return new Map([["a", { type: "inbound-rtp", jitterBufferDelay: delay, jitterBufferEmittedCount: emitted }]]);
  };
  // The sender's millisecond s has the packet time 48 * (s + 777), and is played 80 ms later.
  const play = (senderMs, waitMs) => {
    receiver.rtp = (2 ** 32 - 48 * 1000 + 48 * (senderMs + 777)) % 2 ** 32;
    receiver.played = senderMs + 1000 + waitMs;
    face.notePacket(receiver, 48000);
  };
  for (let s = 1000; s < 3000; s += 100) {
    play(s, 80);
    if (s % 500 === 0) await face.look(receiver);
  }
  assert.ok(Math.abs(face.heardAt(4090).sample - (4090 - 10 - 1000 - 80 - 35)) < 0.5);
  play(3000, 280); // the line stalls: all is played 200 ms later
  assert.ok(Math.abs(face.heardAt(4290).sample - 2965) < 0.5);
});

test("a word of the line itself tells how late the line is", () => {
  const face = new RtviFace(null);
  face.delayMs = 100;
  const line = (at, n, nowMs) => assert.ok(face.take({ type: "vasa-line", v: 1, g: 0, at, n }, nowMs));
  line(0, 0, 10); // no clock yet: it says nothing
  face.take(message(1000, 150, rows(0, 0)), 1850); // our clock is 1000 ahead of the sender's
  assert.equal(face.lineMs, 35);
  line(1000, 0, 2030);
  assert.equal(face.lineMs, 65);
  line(1400, 1, 2700); // held up on its way
  assert.equal(face.lineMs, 65);
  line(1800, 2, 2840);
  assert.equal(face.lineMs, 75);
  assert.ok(Math.abs(face.heardAt(3000).sample - (3000 - 1000 - 100 - 75)) < 0.5);
  line(5000, 0, 6000);
  assert.equal(face.lineMs, 35, "another utterance begins anew");
  line("x", 1, 6000);
  assert.equal(face.lineMs, 35);
});
