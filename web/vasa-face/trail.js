// What hangs from a head, long hair and a neck, follows it a little later: the damped spring of
// vasa_avatar/motion/trail.py, at the screen's rate.

import { ROTATION } from "./motion.js";

const SWING_HZ = 1.5;
const DAMPING = 0.55;
/** After a longer pause what hangs has come to rest. */
const LONGEST_STEP_S = 0.25;
const NUMBERS = 6;

/** Follows the head of one face; makes no object while it does. */
export class Trail {
  constructor() {
    /** Pitch, yaw, roll, x, y, distance - 1 of what hangs. */
    this.place = new Float32Array(NUMBERS);
    this.speed = new Float64Array(NUMBERS);
    this.head = new Float64Array(NUMBERS);
    this.behind = new Float64Array(NUMBERS);
    this.lastS = -Infinity;
  }

  /**
   * Go on to a frame.
   * @param {Float32Array} row its motion, see motion.js
   * @param {number} atS when, in seconds of any clock
   * @returns {Float32Array} `place`
   */
  follow(row, atS) {
    const step = atS - this.lastS;
    this.lastS = atS;
    if (!(step >= 0 && step <= LONGEST_STEP_S)) return this.rest(row);
    const pace = 2 * Math.PI * SWING_HZ;
    const swing = pace * Math.sqrt(1 - DAMPING * DAMPING);
    const left = Math.exp(-DAMPING * pace * step);
    const cosine = left * Math.cos(swing * step);
    const sine = (left * Math.sin(swing * step)) / swing;
    const damped = DAMPING * pace * sine;
    for (let i = 0; i < NUMBERS; i += 1) {
      const head = row[ROTATION + i];
      const behind = this.behind[i] + this.head[i] - head;
      const speed = this.speed[i];
      this.behind[i] = (cosine + damped) * behind + sine * speed;
      this.speed[i] = (cosine - damped) * speed - pace * pace * sine * behind;
      this.head[i] = head;
      this.place[i] = head + this.behind[i];
    }
    return this.place;
  }

  rest(row) {
    this.behind.fill(0);
    this.speed.fill(0);
    for (let i = 0; i < NUMBERS; i += 1) {
      this.head[i] = row[ROTATION + i];
      this.place[i] = this.head[i];
    }
    return this.place;
  }
}
