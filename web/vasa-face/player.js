// Plays motion along a clock: what is drawn belongs to the sample that leaves the loudspeaker.

import { MOTION_BYTES, ROW } from "./motion.js";
import { MotionTrack } from "./motion-track.js";

const SKEW_HISTORY = 256;
const LONGEST_TICK_MS = 100;
const USUAL_TICK_MS = 16.7;
const TICK_WEIGHT = 0.05;
/** Where a processor draws, every second change of the screen is enough, and spares it. */
const SOFTWARE_TICKS = 2;
const LONGEST_DRAWING_MS = 80;

/**
 * What is heard when.
 * @callback Clock
 * @param {number} atMs a time of performance.now()
 * @returns {{generation: number, sample: number, isRunning: boolean} | null} null: nothing is heard,
 *   and the newest motion is shown
 */

/** Draws a face in step with a clock, at the screen's own rate. */
export class FacePlayer {
  /**
   * @param {import("./drawing.js").FaceDrawing | null} drawing null: not yet; set it later
   * @param {Clock} clock
   * @param {number} rateHz samples a second of what the clock and the motion count
   */
  constructor(drawing, clock, rateHz) {
    this.drawing = drawing;
    this.clock = clock;
    this.rateHz = rateHz;
    this.track = new MotionTrack();
    this.row = new Float32Array(ROW);
    this.tickMs = USUAL_TICK_MS;
    this.lastTickMs = 0;
    /** Frames drawn, and what the last ones took of the main thread. */
    this.shown = 0;
    this.scriptMs = 0;
    /** How long after its call the last picture is seen. */
    this.aheadMs = 0;
    this.skews = new Float64Array(SKEW_HISTORY);
    this.nSkews = 0;
    this.request = 0;
    this.ticks = 0;
    this.onTick = (nowMs) => this.tick(nowMs);
  }

  /** Draw from now on, whenever the screen is about to change. */
  start() {
    if (this.request === 0) this.request = requestAnimationFrame(this.onTick);
  }

  /** Stop drawing; the last picture stays. */
  stop() {
    cancelAnimationFrame(this.request);
    this.request = 0;
  }

  /** Forget all motion, as when another session begins. */
  reset() {
    this.track.clear();
    this.nSkews = 0;
  }

  /**
   * Take the motion of one frame, or of several that share `frame.samples` alike; see MotionTrack.
   * @returns {boolean} false: all of it is stale, or out of order
   */
  push(frame, bytes) {
    const count = Math.max(1, Math.floor(bytes.length / MOTION_BYTES));
    if (count === 1) return this.track.push(frame, bytes);
    const { generation, isSpeech } = frame;
    const samples = frame.samples / count;
    let isTaken = false;
    for (let i = 0; i < count; i += 1) {
      const place = { generation, sample: frame.sample + i * samples, samples, isSpeech };
      const part = bytes.subarray(MOTION_BYTES * i, MOTION_BYTES * (i + 1));
      isTaken = this.track.push(place, part) || isTaken;
    }
    return isTaken;
  }

  tick(nowMs) {
    this.request = requestAnimationFrame(this.onTick);
    if (this.lastTickMs > 0) {
      const took = Math.min(nowMs - this.lastTickMs, LONGEST_TICK_MS);
      this.tickMs += TICK_WEIGHT * (took - this.tickMs);
    }
    this.lastTickMs = nowMs;
    this.ticks += 1;
    const hold = this.drawing?.isSoftware ? SOFTWARE_TICKS : 1;
    if (this.drawing === null || this.ticks % hold !== 0) return;
    const beganMs = performance.now();
    this.aheadMs = this.lookAhead(hold);
    const heard = this.clock(beganMs + this.aheadMs);
    const isNew = heard === null
      ? this.track.newest(this.row)
      : this.track.at(heard.generation, heard.sample, this.row);
    if (!isNew || !this.drawing.draw(this.row, beganMs / 1000)) return;
    this.shown += 1;
    if (heard !== null && heard.isRunning) this.noteSkew((this.track.lateSamples / this.rateHz) * 1000);
    this.scriptMs += TICK_WEIGHT * (performance.now() - beganMs - this.scriptMs);
    this.drawing.delay.note(beganMs);
  }

  /**
   * How long after a call the picture that it draws is seen, in the middle of its time: one screen
   * refresh later, and it stays for `hold` refreshes. Where a processor draws, the screen waits until
   * it has, reads the picture back, and shows it another refresh later; a graphics card draws within
   * the refresh, or what is longer counts.
   */
  lookAhead(hold) {
    const { isSoftware, delay } = this.drawing;
    const drawingMs = isSoftware ? this.tickMs + delay.medianMs : Math.max(0, delay.medianMs - this.tickMs);
    return this.tickMs * (1 + hold / 2) + Math.min(LONGEST_DRAWING_MS, drawingMs);
  }

  noteSkew(ms) {
    this.skews[this.nSkews % SKEW_HISTORY] = ms;
    this.nSkews += 1;
  }

  /** {meanMs, worstMs, count} of picture against sound, lately; positive = the picture is late. */
  skew() {
    const count = Math.min(this.nSkews, SKEW_HISTORY);
    let sum = 0;
    let worst = 0;
    for (let i = 0; i < count; i += 1) {
      sum += this.skews[i];
      if (Math.abs(this.skews[i]) > Math.abs(worst)) worst = this.skews[i];
    }
    return { meanMs: count ? sum / count : 0, worstMs: worst, count };
  }
}
