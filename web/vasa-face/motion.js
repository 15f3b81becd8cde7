// What moves in one frame: a row of 61 numbers, and the 70 bytes that carry it over the wire.
//
// A row is 52 coefficients (0..1, Apple's ARKit order), head pitch, yaw, roll (radians), head x, y
// (face widths), distance - 1, gaze pitch, yaw (radians), breath (0..1). Signs and axes stand in the
// server's protocol, integrations/server/README.md, "Motion".

/** Apple's names, in Apple's order. */
export const COEFFICIENTS = Object.freeze([
  "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft",
  "eyeSquintLeft", "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight",
  "eyeLookOutRight", "eyeLookUpRight", "eyeSquintRight", "eyeWideRight", "jawForward",
  "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
  "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight",
  "mouthFrownLeft", "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft",
  "mouthStretchRight", "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper",
  "mouthPressLeft", "mouthPressRight", "mouthLowerDownLeft", "mouthLowerDownRight",
  "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft", "browDownRight", "browInnerUp",
  "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft", "cheekSquintRight",
  "noseSneerLeft", "noseSneerRight", "tongueOut",
]);

export const N_COEFFICIENTS = 52;
/** Numbers of a row, and where its parts begin. */
export const ROW = 61;
export const ROTATION = 52;
export const TRANSLATION = 55;
export const GAZE = 58;
export const BREATH = 60;
/** Bytes of a row on the wire: 52 of a byte, 9 of two. */
export const MOTION_BYTES = 70;
/** Steps of the two-byte numbers in one radian, face width or ratio. */
export const STEPS_PER_UNIT = 8192;

/** Where a coefficient stands in a row. */
export const PLACE_OF = Object.freeze(
  Object.fromEntries(COEFFICIENTS.map((name, place) => [name, place])),
);

/**
 * Read one frame's motion.
 * @param {DataView} view
 * @param {number} offset of its first byte
 * @param {Float32Array} out written from `at` on
 * @param {number} [at]
 */
export function readMotion(view, offset, out, at = 0) {
  if (view.byteLength - offset < MOTION_BYTES) {
    throw new RangeError(`motion has ${view.byteLength - offset} bytes; expected ${MOTION_BYTES}`);
  }
  for (let i = 0; i < N_COEFFICIENTS; i += 1) out[at + i] = view.getUint8(offset + i) / 255;
  for (let i = 0; i < ROW - N_COEFFICIENTS; i += 1) {
    const steps = view.getInt16(offset + N_COEFFICIENTS + 2 * i, true);
    out[at + N_COEFFICIENTS + i] = steps / STEPS_PER_UNIT;
  }
}

/**
 * Write one frame's motion, the inverse of `readMotion`.
 * @param {Float32Array} row
 * @returns {Uint8Array} MOTION_BYTES long
 */
export function writeMotion(row) {
  const bytes = new Uint8Array(MOTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < N_COEFFICIENTS; i += 1) {
    bytes[i] = Math.round(255 * Math.min(1, Math.max(0, row[i])));
  }
  for (let i = 0; i < ROW - N_COEFFICIENTS; i += 1) {
    const steps = Math.round(row[N_COEFFICIENTS + i] * STEPS_PER_UNIT);
    view.setInt16(N_COEFFICIENTS + 2 * i, Math.min(32767, Math.max(-32768, steps)), true);
  }
  return bytes;
}
