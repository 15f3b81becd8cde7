// A row of motion as weights of the 15 Oculus visemes: which mixture of mouth shapes comes nearest to
// the mouth, in least squares with no weight below 0.

import { PLACE_OF } from "../motion.js";

/** In Oculus's order. */
export const VISEMES = Object.freeze([
  "sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U",
]);

// The mouth of each sound in ARKit's units, both sides alike; what a clear speaker does.
const SHAPES = {
  sil: {},
  PP: { mouthPress: 0.35, mouthRollLower: 0.35, mouthRollUpper: 0.35 },
  FF: { jawOpen: 0.06, mouthRollLower: 0.6, mouthUpperUp: 0.3 },
  TH: { jawOpen: 0.12, tongueOut: 0.4, mouthLowerDown: 0.2 },
  DD: { jawOpen: 0.1, mouthLowerDown: 0.35, mouthUpperUp: 0.2 },
  kk: { jawOpen: 0.2, mouthLowerDown: 0.2, mouthStretch: 0.1 },
  CH: { jawOpen: 0.06, mouthFunnel: 0.6, mouthLowerDown: 0.25 },
  SS: { jawOpen: 0.03, mouthStretch: 0.35, mouthLowerDown: 0.35, mouthUpperUp: 0.2 },
  nn: { jawOpen: 0.14, mouthLowerDown: 0.25, mouthUpperUp: 0.08, mouthClose: 0.05 },
  RR: { jawOpen: 0.1, mouthPucker: 0.35, mouthFunnel: 0.3 },
  aa: { jawOpen: 0.6, mouthLowerDown: 0.25 },
  E: { jawOpen: 0.3, mouthStretch: 0.25, mouthLowerDown: 0.25, mouthUpperUp: 0.15, mouthSmile: 0.1 },
  I: { jawOpen: 0.12, mouthSmile: 0.4, mouthStretch: 0.3, mouthLowerDown: 0.25 },
  O: { jawOpen: 0.4, mouthFunnel: 0.55, mouthPucker: 0.2 },
  U: { jawOpen: 0.12, mouthPucker: 0.8, mouthFunnel: 0.2 },
};
const UNITS = [...new Set(Object.values(SHAPES).flatMap(Object.keys))];
const PLACES = UNITS.map((unit) => [`${unit}Left`, `${unit}Right`, unit].filter((name) => name in PLACE_OF).map((name) => PLACE_OF[name]));
const MATRIX = VISEMES.map((name) => UNITS.map((unit) => SHAPES[name][unit] ?? 0));
const ROUNDS = 40;

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const GRAM = MATRIX.map((a) => MATRIX.map((b) => dot(a, b)));

/**
 * @param {Float32Array} row
 * @returns {Float32Array} 15 weights that sum to 1; what is left over is silence
 */
export function visemesOf(row) {
  const mouth = PLACES.map((places) => places.reduce((sum, place) => sum + row[place], 0) / places.length);
  const wanted = MATRIX.map((shape) => dot(shape, mouth));
  const weights = new Float32Array(VISEMES.length);
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let i = 1; i < weights.length; i += 1) { // one weight after the other
      const others = dot(GRAM[i], weights) - GRAM[i][i] * weights[i];
      weights[i] = Math.max(0, (wanted[i] - others) / GRAM[i][i]);
    }
  }
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum > 1) for (let i = 1; i < weights.length; i += 1) weights[i] /= sum;
  weights[0] = Math.max(0, 1 - sum);
  return weights;
}
