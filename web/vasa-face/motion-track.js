// Motion that has come and is not over: rows by the sample at which they hold, and what lies between.
//
// A row is right in the middle of its frame. Between two rows everything is interpolated; before the
// next one has come, the last one is held.

import { readMotion, ROW } from "./motion.js";

const CAPACITY = 512;

/** A queue of rows of one session. */
export class MotionTrack {
  constructor() {
    this.rows = new Float32Array(CAPACITY * ROW);
    this.middles = new Float64Array(CAPACITY);
    this.generations = new Float64Array(CAPACITY);
    this.flags = new Uint8Array(CAPACITY);
    this.clear();
  }

  /** Forget everything. */
  clear() {
    this.first = 0;
    this.count = 0;
    this.generation = 0;
    this.came = 0;
    this.dropped = 0;
    /** How late the row is that `at` last gave, in samples; 0 = between two rows. */
    this.lateSamples = 0;
    /** Whether that row belongs to speech. */
    this.isSpeech = false;
  }

  /** Rows before this generation are stale. */
  setGeneration(generation) {
    this.generation = Math.max(this.generation, generation);
    while (this.count > 0 && this.generations[this.first] < generation) this.drop();
  }

  /**
   * Take one frame's motion.
   * @param {{generation: number, sample: number, samples: number, isSpeech: boolean}} frame where it
   *   belongs: index of its first sample, and how many it has
   * @param {Uint8Array} bytes the 70 bytes of its motion
   * @returns {boolean} false: stale, or out of order
   * @throws {RangeError} too few bytes
   */
  push({ generation, sample, samples, isSpeech }, bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const middle = sample + samples / 2;
    if (!Number.isFinite(middle) || !(generation >= this.generation)) return false;
    if (isSpeech) this.giveWay(generation, middle);
    const last = (this.first + this.count - 1) % CAPACITY;
    const isOld = this.count > 0
      && (generation < this.generations[last] || (generation === this.generations[last] && middle <= this.middles[last]));
    if (isOld) return false;
    const slot = (this.first + this.count) % CAPACITY;
    readMotion(view, 0, this.rows, slot * ROW);
    this.middles[slot] = middle;
    this.generations[slot] = generation;
    this.flags[slot] = isSpeech ? 1 : 0;
    this.came += 1;
    if (this.count === CAPACITY) {
      this.dropped += 1;
      this.first = (this.first + 1) % CAPACITY;
    } else {
      this.count += 1;
    }
    return true;
  }

  /**
   * The motion at a moment.
   * @param {number} generation that is heard
   * @param {number} sample that is heard
   * @param {Float32Array} out a row, written
   * @returns {boolean} false: nothing belongs there yet, `out` is as it was
   */
  at(generation, sample, out) {
    while (this.count > 0 && this.generations[this.first] < generation) this.drop();
    while (this.count > 1 && this.isPast((this.first + 1) % CAPACITY, generation, sample)) this.drop();
    if (this.count === 0 || !this.isPast(this.first, generation, sample)) return false;
    const here = this.first;
    const next = (here + 1) % CAPACITY;
    this.isSpeech = this.flags[here] === 1;
    const hasNext = this.count > 1 && this.generations[next] === generation;
    if (hasNext) {
      const span = this.middles[next] - this.middles[here];
      this.mix(here, next, (sample - this.middles[here]) / span, out);
      this.lateSamples = 0;
    } else {
      this.mix(here, here, 0, out);
      this.lateSamples = sample - this.middles[here];
    }
    return true;
  }

  /** The newest motion there is, whatever is heard; false: there is none. */
  newest(out) {
    if (this.count === 0) return false;
    while (this.count > 1) this.drop();
    this.mix(this.first, this.first, 0, out);
    this.isSpeech = this.flags[this.first] === 1;
    this.lateSamples = 0;
    return true;
  }

  /** Rows without speech that were sent ahead make room for speech that begins before them. */
  giveWay(generation, middle) {
    while (this.count > 0) {
      const last = (this.first + this.count - 1) % CAPACITY;
      const isInTheWay = this.generations[last] === generation && this.middles[last] >= middle && this.flags[last] === 0;
      if (!isInTheWay) return;
      this.count -= 1;
    }
  }

  isPast(slot, generation, sample) {
    return this.generations[slot] === generation && this.middles[slot] <= sample;
  }

  mix(a, b, share, out) {
    const { rows } = this;
    for (let i = 0; i < ROW; i += 1) {
      const low = rows[a * ROW + i];
      out[i] = low + share * (rows[b * ROW + i] - low);
    }
  }

  drop() {
    this.first = (this.first + 1) % CAPACITY;
    this.count -= 1;
  }
}
