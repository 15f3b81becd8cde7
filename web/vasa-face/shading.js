// The sum of the shading maps that a face's coefficients call up: how much brighter or darker each
// cell of the skin becomes. Integers as in vasa_avatar/render/pose.py, so the result is the same.

const UNCHANGED = 256;
const MOST_LIGHT = 511;

/** Sums one face's maps. */
export class Shading {
  /** @param {import("./face-file.js").FaceFile} face */
  constructor(face) {
    const { X, Y, U } = face.sizes;
    this.width = X;
    this.height = Y;
    this.maps = face.arrays.shading;
    this.units = face.arrays.shading_units;
    this.count = U;
    this.sum = new Int32Array(X * Y);
    /** Gain of each cell, 1 = unchanged. */
    this.gains = new Float32Array(X * Y).fill(1);
    this.amounts = new Int32Array(U);
  }

  /**
   * @param {Float32Array} coefficients as they are drawn
   * @returns {boolean} whether the gains are others than before
   */
  update(coefficients) {
    let isSame = true;
    for (let u = 0; u < this.count; u += 1) {
      const amount = Math.max(0, Math.trunc(coefficients[this.units[u]] * 64 + 0.5));
      if (amount !== this.amounts[u]) {
        this.amounts[u] = amount;
        isSame = false;
      }
    }
    if (isSame) return false;
    this.add();
    this.toGains();
    return true;
  }

  add() {
    const { sum, maps, amounts } = this;
    const cells = sum.length;
    sum.fill(0);
    for (let u = 0; u < this.count; u += 1) {
      const amount = amounts[u];
      if (amount === 0) continue;
      const first = u * cells;
      for (let i = 0; i < cells; i += 1) sum[i] += amount * maps[first + i];
    }
  }

  /** 2 ** (sum / 8192) near 0 by its second-order series. */
  toGains() {
    const { sum, gains } = this;
    for (let i = 0; i < sum.length; i += 1) {
      const x = Math.max(-10000, Math.min(7500, sum[i]));
      const linear = (x * 5678) >> 18;
      gains[i] = Math.min(MOST_LIGHT, UNCHANGED + linear + ((linear * linear) >> 9)) / UNCHANGED;
    }
  }
}
