// Pitch, yaw, roll to 3 x 3 matrices and back: R = roll * yaw * pitch, row by row in nine numbers.
// x right, y down, z towards the viewer.

/** Rotation matrix of three angles in radians, written to `out`. */
export function rotationMatrix(pitch, yaw, roll, out) {
  const sp = Math.sin(pitch);
  const cp = Math.cos(pitch);
  const sy = Math.sin(yaw);
  const cy = Math.cos(yaw);
  const sr = Math.sin(roll);
  const cr = Math.cos(roll);
  out[0] = cr * cy;
  out[1] = -sr * cp + cr * sy * sp;
  out[2] = sr * sp + cr * sy * cp;
  out[3] = sr * cy;
  out[4] = cr * cp + sr * sy * sp;
  out[5] = -cr * sp + sr * sy * cp;
  out[6] = -sy;
  out[7] = cy * sp;
  out[8] = cy * cp;
}

/** [pitch, yaw, roll] of a matrix. */
export function eulerAngles(r) {
  const yaw = Math.asin(Math.min(1, Math.max(-1, -r[6])));
  return [Math.atan2(r[7], r[8]), yaw, Math.atan2(r[3], r[0])];
}

/** out = a * transposed b. */
export function timesTransposed(a, b, out) {
  for (let row = 0; row < 3; row += 1) {
    for (let column = 0; column < 3; column += 1) {
      let sum = 0;
      for (let k = 0; k < 3; k += 1) sum += a[3 * row + k] * b[3 * column + k];
      out[3 * row + column] = sum;
    }
  }
}
