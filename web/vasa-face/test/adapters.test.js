// Other faces get motion in the forms that their projects document.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arkitOf } from "../adapters/arkit.js";
import { VISEMES, visemesOf } from "../adapters/oculus-visemes.js";
import { OpenAvatarChatStream } from "../adapters/open-avatar-chat.js";
import { TalkingHeadAnims } from "../adapters/talking-head.js";
import { COEFFICIENTS, GAZE, PLACE_OF, ROTATION, ROW } from "../motion.js";

function row(shape = {}) {
  const made = new Float32Array(ROW);
  for (const [name, value] of Object.entries(shape)) {
    for (const full of [name, `${name}Left`, `${name}Right`]) if (full in PLACE_OF) made[PLACE_OF[full]] = value;
  }
  return made;
}

test("eyes are turned in the head as far as they look aside of it", () => {
  const looking = row({ jawOpen: 0.5 });
  looking[GAZE + 1] = 0.26; // to the viewer's right, the character's left
  looking[GAZE] = -0.13;
  let arkit = arkitOf(looking);
  assert.ok(Math.abs(arkit[PLACE_OF.eyeLookOutLeft] - 0.5) < 1e-6);
  assert.ok(Math.abs(arkit[PLACE_OF.eyeLookInRight] - 0.5) < 1e-6);
  assert.equal(arkit[PLACE_OF.eyeLookInLeft], 0);
  assert.ok(Math.abs(arkit[PLACE_OF.eyeLookDownRight] - 0.25) < 1e-6);
  looking[ROTATION + 1] = 0.26;
  arkit = arkitOf(looking);
  assert.equal(arkit[PLACE_OF.eyeLookOutLeft], 0, "the head has turned there");
  assert.equal(arkit[PLACE_OF.jawOpen], 0.5);
});

test("TalkingHead: a value to begin from and one for each step, on the stream's time", () => {
  const anims = new TalkingHeadAnims(24000);
  const first = anims.of([row({ jawOpen: 0.25 }), row({ jawOpen: 0.5 })], 0, 960);
  assert.deepEqual([first.delay, first.dt], [-20, [40, 40]]);
  assert.deepEqual(Object.keys(first.vs), [...COEFFICIENTS]);
  assert.deepEqual(first.vs.jawOpen, [null, 0.25, 0.5]);
  const second = anims.of([row({ jawOpen: 1 })], 1920, 960);
  assert.deepEqual([second.delay, second.vs.jawOpen], [60, [0.5, 1]]);
  for (const values of Object.values(second.vs)) assert.equal(values.length, second.dt.length + 1);
});

/** As the project's own reader does: four letters, two lengths, JSON, data. */
function unpack(buffer) {
  const view = new DataView(buffer);
  const text = new Uint8Array(buffer, 12, view.getUint32(4, true));
  assert.equal(new TextDecoder().decode(new Uint8Array(buffer, 0, 4)), "JBIN");
  assert.equal(buffer.byteLength, 12 + text.length + view.getUint32(8, true));
  return { told: JSON.parse(new TextDecoder().decode(text)), data: buffer.slice(12 + text.length) };
}

test("OpenAvatarChat: a definition, then pieces of one batch after another", () => {
  const stream = new OpenAvatarChatStream(24000, 25);
  const { told: definition } = unpack(stream.definition());
  assert.deepEqual(definition.data_records.arkit_face.channel_names, [...COEFFICIENTS]);
  assert.equal(definition.end_of_batch, false);
  const pcm = Int16Array.from({ length: 1920 }, (_, i) => i - 900);
  const { told, data } = unpack(stream.message(pcm, [row(), row({ jawOpen: 0.75 })], "one", false));
  const { audio, arkit_face: face } = told.data_records;
  assert.deepEqual([told.batch_name, told.batch_id, told.start_of_batch, told.end_of_batch], ["one", 0, true, false]);
  assert.deepEqual([audio.shape, audio.data_type, audio.sample_rate], [[1, 1920], "int16", 24000]);
  assert.deepEqual([face.shape, face.data_type, face.timeline_axis, face.channel_axis], [[2, 52], "float32", 0, 1]);
  assert.deepEqual(new Int16Array(data.slice(0, face.data_offset)), pcm);
  const values = new Float32Array(data.slice(face.data_offset));
  assert.equal(values[52 + PLACE_OF.jawOpen], 0.75);
  assert.equal(unpack(stream.message(pcm, [], "one", true)).told.start_of_batch, false);
  assert.deepEqual(unpack(stream.message(pcm, [], "two", false)).told.batch_id, 1);
});

test("Oculus: each sound's own mouth is that sound, rest is silence, weights sum to one", () => {
  assert.equal(VISEMES.length, 15);
  const clear = {
    PP: { mouthPress: 0.35, mouthRollLower: 0.35, mouthRollUpper: 0.35 },
    FF: { mouthRollLower: 0.6, mouthUpperUp: 0.3, jawOpen: 0.06 },
    TH: { tongueOut: 0.4, jawOpen: 0.12, mouthLowerDown: 0.2 },
    CH: { mouthFunnel: 0.6, jawOpen: 0.06, mouthLowerDown: 0.25 },
    aa: { jawOpen: 0.55, mouthLowerDown: 0.2 },
    I: { mouthSmile: 0.4, mouthStretch: 0.3, jawOpen: 0.12, mouthLowerDown: 0.25 },
    O: { jawOpen: 0.38, mouthFunnel: 0.5, mouthPucker: 0.2 },
    U: { mouthPucker: 0.75, jawOpen: 0.12, mouthFunnel: 0.2 },
    sil: {},
  };
  for (const [name, shape] of Object.entries(clear)) {
    const weights = visemesOf(row(shape));
    const strongest = VISEMES[weights.indexOf(Math.max(...weights))];
    assert.equal(strongest, name, `${name}: ${[...weights].map((w) => w.toFixed(2))}`);
    assert.ok(Math.abs(weights.reduce((a, b) => a + b, 0) - 1) < 1e-5);
  }
  assert.ok(visemesOf(row({ jawOpen: 0.15, mouthLowerDown: 0.06 }))[0] > 0.3, "half open is half silent");
});
