// Motion for TalkingHead's 3D avatars: `streamAudio({ audio, anims })` of a stream that was begun with
// `streamStart({ sampleRate, lipsyncType: "blendshapes" })`.
//
//     const anims = new TalkingHeadAnims(24000);
//     head.streamAudio({ audio: pcm, anims: [anims.of(rows, firstSample, samplesEach)] });
//
// An anim holds, for each morph target, a value to begin from and one at the end of every step.

import { COEFFICIENTS, N_COEFFICIENTS } from "../motion.js";
import { arkitOf } from "./arkit.js";

/** Makes anims of one stream; samples count from its first sound. */
export class TalkingHeadAnims {
  /** @param {number} sampleRateHz as given to streamStart */
  constructor(sampleRateHz) {
    this.sampleRateHz = sampleRateHz;
    this.last = null;
  }

  /** The next utterance begins: its samples count from 0 again. */
  reset() {
    this.last = null;
  }

  /**
   * @param {Float32Array[]} rows one for each frame, in order
   * @param {number} firstSample of the first frame, in the stream's sound
   * @param {number} samplesEach how long a frame is
   * @returns {{name: string, delay: number, dt: number[], vs: Record<string, (number | null)[]>}}
   */
  of(rows, firstSample, samplesEach) {
    const frameMs = (1000 * samplesEach) / this.sampleRateHz;
    const shapes = rows.map((row) => arkitOf(row));
    const vs = {};
    for (let i = 0; i < N_COEFFICIENTS; i += 1) {
      const begin = this.last === null ? null : this.last[i]; // null: from where the face is
      vs[COEFFICIENTS[i]] = [begin, ...shapes.map((shape) => shape[i])];
    }
    this.last = shapes.at(-1) ?? this.last;
    return {
      name: "blendshapes",
      delay: (1000 * firstSample) / this.sampleRateHz - frameMs / 2, // a row is right in its middle
      dt: shapes.map(() => frameMs),
      vs,
    };
  }
}
