// A row of motion as ARKit has it: 52 coefficients, with where the eyes look as eyeLook*.
//
// A row says where the eyes look in the room; ARKit says how far they are turned in the head.

import { GAZE, N_COEFFICIENTS, PLACE_OF, ROTATION } from "../motion.js";

/** An eye that is turned so far has a coefficient of 1; about what ARKit reports at the end. */
const FULL_TURN_RAD = 0.52;

/**
 * @param {Float32Array} row
 * @param {Float32Array} [out] N_COEFFICIENTS long
 * @returns {Float32Array}
 */
export function arkitOf(row, out = new Float32Array(N_COEFFICIENTS)) {
  for (let i = 0; i < N_COEFFICIENTS; i += 1) out[i] = Math.min(1, Math.max(0, row[i]));
  const up = (row[GAZE] - row[ROTATION]) / FULL_TURN_RAD;
  const aside = (row[GAZE + 1] - row[ROTATION + 1]) / FULL_TURN_RAD; // + the viewer's right
  const part = (value) => Math.min(1, Math.max(0, value));
  for (const side of ["Left", "Right"]) {
    const outward = side === "Left" ? aside : -aside;
    out[PLACE_OF[`eyeLookUp${side}`]] = part(up);
    out[PLACE_OF[`eyeLookDown${side}`]] = part(-up);
    out[PLACE_OF[`eyeLookOut${side}`]] = part(outward);
    out[PLACE_OF[`eyeLookIn${side}`]] = part(-outward);
  }
  return out;
}
