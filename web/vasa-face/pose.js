// One frame's motion to places on the screen: the steps of vasa_avatar/render/mesh.py and pose.py, in
// their order. No object is made while frames are drawn.

import { BREATH, GAZE, N_COEFFICIENTS, PLACE_OF, ROTATION, ROW, TRANSLATION } from "./motion.js";
import { eulerAngles, rotationMatrix, timesTransposed } from "./rotation.js";

/** The picture is 512 design pixels wide, whatever its real size. */
export const DESIGN_PX = 512;
const CAMERA_DISTANCE = 6;
const SETTLE = 0.65;
const FULL_EDGE_TURN = 0.1;
const FULL_BACK_TURN = 0.12;
const LOWER_LID_FOLLOW = 0.35;
const LATE_DROP = 0.37;
const LEAST_LIP_GAP = 0.002;
const LID_DOWN_PER_RAD = 1.1;
const MOST_LID_DOWN = 0.6;
const LID_UP_PER_RAD = 0.7;
const MOST_LID_UP = 0.3;
const BLINKS = [PLACE_OF.eyeBlinkRight, PLACE_OF.eyeBlinkLeft];
const LOOKS = Object.keys(PLACE_OF).filter((name) => name.startsWith("eyeLook")).map((name) => PLACE_OF[name]);

/** Layers in the order in which they are drawn. */
export const LAYER = Object.freeze({
  EYE: 0, IRIS: 1, CAVITY: 2, TONGUE: 3, LOWER_TEETH: 4, UPPER_TEETH: 5, MOUTH_REST: 6, SKIN: 7,
  FAR_SIDE: 8, LID_RIGHT: 9, LID_LEFT: 10, LASH_RIGHT: 11, LASH_LEFT: 12, FRINGE_RIGHT: 13,
  FRINGE_LEFT: 14, TONGUE_OUT: 15, OVER: 16,
});
const LIDS = [LAYER.LID_RIGHT, LAYER.LID_LEFT];
const LASHES = [LAYER.LASH_RIGHT, LAYER.LASH_LEFT];
const FRINGES = [LAYER.FRINGE_RIGHT, LAYER.FRINGE_LEFT];

function ramp(x, low, high) {
  const t = Math.min(1, Math.max(0, (x - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

/** Layer alphas come in steps of 1/256, as the server draws them. */
function stepped(alpha) {
  return Math.floor(256 * alpha) / 256;
}

function lidFollow(eyePitch) {
  if (eyePitch < 0) return Math.min(MOST_LID_DOWN, -LID_DOWN_PER_RAD * eyePitch);
  return Math.max(-MOST_LID_UP, -LID_UP_PER_RAD * eyePitch);
}

/** Poses one face; `pose` writes everything below anew. */
export class FacePose {
  /** @param {import("./face-file.js").FaceFile} face */
  constructor(face) {
    const { arrays, sizes } = face;
    this.face = face;
    this.a = arrays;
    this.count = sizes.N;
    this.points = new Float32Array(3 * sizes.N);
    /** x, y of each vertex in design pixels. */
    this.screen = new Float32Array(2 * sizes.N);
    this.depth = new Float32Array(sizes.N);
    this.late = new Float32Array(2 * sizes.N);
    this.lateDepth = new Float32Array(sizes.N);
    this.lateRow = new Float32Array(ROW);
    this.uv = Float32Array.from(arrays.uv);
    this.coefficients = new Float32Array(N_COEFFICIENTS);
    this.alphas = new Float32Array(Object.keys(LAYER).length).fill(1);
    this.rotation = new Float64Array(9);
    this.turning = Uint16Array.from(arrays.turn_side.keys()).filter((v) => arrays.turn_side[v] !== 0);
    this.restAngles = eulerAngles(arrays.rest_rotation);
    this.restRotation = new Float64Array(9);
    rotationMatrix(...this.restAngles, this.restRotation);
    this.scratch = new Float64Array(9);
    this.eyeAxes = new Float64Array(9);
    this.lid = new Float64Array(3);
  }

  /**
   * @param {Float32Array} row a frame's motion, see motion.js
   * @param {Float32Array | null} [trail] where what hangs still is, see trail.js; null: with the head
   */
  pose(row, trail = null) {
    this.drawCoefficients(row);
    this.applyBasis();
    this.separateLips();
    this.turnHead(row[ROTATION], row[ROTATION + 1], row[ROTATION + 2]);
    const gain = this.a.gaze_gain;
    this.poseEyes(gain[0] * row[GAZE], gain[1] * row[GAZE + 1]);
    this.showEdges();
    this.applyCopies();
    this.project(row, this.screen, this.depth);
    if (trail !== null && this.a.hang) this.hangBehind(row, trail);
    this.fadeMouthRest();
    const out = this.coefficients[PLACE_OF.tongueOut];
    this.alphas[LAYER.TONGUE_OUT] = stepped(ramp(out, 0.28, 0.45));
  }

  /** Commanded coefficients through the curves of the calibration. */
  drawCoefficients(row) {
    const curve = this.a.unit_curve;
    const width = this.face.sizes.K;
    for (let unit = 0; unit < N_COEFFICIENTS; unit += 1) {
      const place = Math.min(1, Math.max(0, row[unit])) * (width - 1);
      const i = Math.min(Math.floor(place), width - 2);
      const low = curve[unit * width + i];
      this.coefficients[unit] = low + (place - i) * (curve[unit * width + i + 1] - low);
    }
    for (const unit of LOOKS) this.coefficients[unit] = 0;
  }

  applyBasis() {
    const { points, coefficients, a } = this;
    const { basis_count: counts, basis_vertex: vertices, basis_steps: steps } = a;
    const moved = vertices.length;
    points.set(a.vertices);
    let at = 0;
    for (let unit = 0; unit < N_COEFFICIENTS; unit += 1) {
      const end = at + counts[unit];
      const amount = coefficients[unit] * this.face.basisStep;
      if (amount !== 0) {
        for (let i = at; i < end; i += 1) {
          const v = 3 * vertices[i];
          points[v] += amount * steps[i];
          points[v + 1] += amount * steps[moved + i];
          points[v + 2] += amount * steps[2 * moved + i];
        }
      }
      at = end;
    }
  }

  /** Where upper and lower inner lip would cross, put both on their middle line. */
  separateLips() {
    const { points } = this;
    const { lip_pairs: pairs, lip_rest_gap: rest } = this.a;
    for (let k = 0; k < rest.length; k += 1) {
      const up = 3 * pairs[2 * k] + 1;
      const low = 3 * pairs[2 * k + 1] + 1;
      const least = Math.min(rest[k], LEAST_LIP_GAP);
      if (points[low] - points[up] < least) {
        const middle = 0.5 * (points[low] + points[up]);
        points[up] = middle - 0.5 * least;
        points[low] = middle + 0.5 * least;
      }
    }
  }

  /** Rotation from the portrait's pose to the commanded one. */
  turnHead(pitch, yaw, roll) {
    const gain = this.a.pose_gain;
    const rest = this.restAngles;
    rotationMatrix(
      rest[0] + gain[0] * pitch + gain[1] * yaw + gain[2] * roll,
      rest[1] + gain[3] * pitch + gain[4] * yaw + gain[5] * roll,
      rest[2] + gain[6] * pitch + gain[7] * yaw + gain[8] * roll,
      this.scratch,
    );
    timesTransposed(this.scratch, this.restRotation, this.rotation);
  }

  poseEyes(gazePitch, gazeYaw) {
    const headPitch = Math.asin(Math.max(-1, Math.min(1, this.rotation[7])));
    const eyePitch = gazePitch - headPitch - this.a.gaze_rest_rad[0];
    const follow = lidFollow(eyePitch);
    this.turnEyes(gazePitch, gazeYaw);
    for (let side = 0; side < 2; side += 1) {
      const eye = this.face.eyes[side];
      const blink = this.coefficients[BLINKS[side]];
      const closure = blink + (1 - blink) * follow;
      let drop = -LOWER_LID_FOLLOW * eye.ballRadius * Math.sin(eyePitch) * (1 - blink);
      drop -= LATE_DROP * eye.ballRadius * blink * (1 - blink);
      this.closeLids(eye, closure, drop);
      this.placeIris(eye);
      this.alphas[LIDS[side]] = stepped(ramp(closure, 0.05, 0.45));
      this.alphas[LASHES[side]] = stepped(ramp(closure, 0.02, 0.25));
      this.alphas[FRINGES[side]] = stepped(ramp(closure, 0.25, 0.95));
    }
  }

  /** Slide the lids of one eye: closure 1 = shut; `drop` moves the lower lid down, face widths. */
  closeLids(eye, closure, drop) {
    const { points, lid } = this;
    const { upper, lower, sheet, meet } = eye;
    const columns = upper.length;
    const rows = sheet.length / columns;
    for (let j = 0; j < columns; j += 1) {
      lid.fill(0);
      if (j > 0 && j < columns - 1) {
        const up = 3 * upper[j];
        const low = 3 * lower[j];
        points[low + 1] += drop * (1 - ((j - 4) / 4) ** 2);
        const gapY = Math.max(0, points[low + 1] - points[up + 1]);
        lid[0] = meet * closure * (points[low] - points[up]);
        lid[1] = meet * closure * gapY;
        lid[2] = meet * closure * (points[low + 2] - points[up + 2]);
        const rise = closure > 0 ? (1 - meet) * closure : 0;
        const gapX = points[low] - points[up];
        const gapZ = points[low + 2] - points[up + 2];
        this.move(upper[j], 1);
        points[low] -= rise * gapX;
        points[low + 1] -= rise * gapY;
        points[low + 2] -= rise * gapZ;
      }
      for (let i = 0; i < rows; i += 1) this.move(sheet[i * columns + j], i / (rows - 1));
      for (let i = j; i < eye.lash.length; i += columns) this.move(eye.lash[i], 1);
      for (let i = j; i < eye.fringe.length; i += columns) this.move(eye.fringe[i], 1);
    }
  }

  /** Move a vertex by a share of what the lid's contour moves. */
  move(vertex, share) {
    const { points, lid } = this;
    points[3 * vertex] += share * lid[0];
    points[3 * vertex + 1] += share * lid[1];
    points[3 * vertex + 2] += share * lid[2];
  }

  /** Right, down and ahead of eyes that look so, in the head's axes: columns of `eyeAxes`. */
  turnEyes(pitch, yaw) {
    const { rotation: r, eyeAxes: axes } = this;
    const aheadX = Math.sin(yaw) * Math.cos(pitch);
    const aheadY = -Math.sin(pitch);
    const aheadZ = Math.cos(yaw) * Math.cos(pitch);
    const rightX = Math.cos(yaw);
    const rightZ = -Math.sin(yaw);
    let downX = aheadY * rightZ;
    let downY = aheadZ * rightX - aheadX * rightZ;
    let downZ = -aheadY * rightX;
    if (downY < 0) {
      downX = -downX;
      downY = -downY;
      downZ = -downZ;
    }
    for (let axis = 0; axis < 3; axis += 1) {
      axes[3 * axis] = r[axis] * rightX + r[6 + axis] * rightZ;
      axes[3 * axis + 1] = r[axis] * downX + r[3 + axis] * downY + r[6 + axis] * downZ;
      axes[3 * axis + 2] = r[axis] * aheadX + r[3 + axis] * aheadY + r[6 + axis] * aheadZ;
    }
  }

  placeIris(eye) {
    const { points, eyeAxes: axes } = this;
    for (let k = 0; k < eye.iris.length; k += 1) {
      const v = 3 * eye.iris[k];
      const right = eye.irisOffset[2 * k];
      const down = eye.irisOffset[2 * k + 1];
      for (let axis = 0; axis < 3; axis += 1) {
        points[v + axis] = eye.ballCentre[axis] + axes[3 * axis] * right
          + axes[3 * axis + 1] * down + axes[3 * axis + 2] * eye.ballRadius;
      }
    }
  }

  /** Texture of the face's outline, and the mirrored cheek, as far as the turn shows them. */
  showEdges() {
    const { uv, turning } = this;
    const { uv: rest, turn_uv: shift, turn_side: sides } = this.a;
    const turn = this.rotation[2] / FULL_EDGE_TURN;
    for (let i = 0; i < turning.length; i += 1) {
      const v = turning[i];
      const share = Math.min(1, Math.max(0, turn * sides[v]));
      uv[2 * v] = rest[2 * v] + share * shift[2 * v];
      uv[2 * v + 1] = rest[2 * v + 1] + share * shift[2 * v + 1];
    }
    const isNoseRight = this.a.rest_rotation[2] > 0 || Object.is(this.a.rest_rotation[2], 0);
    const back = isNoseRight ? -this.rotation[2] : this.rotation[2];
    this.alphas[LAYER.FAR_SIDE] = stepped(ramp(back, 0, FULL_BACK_TURN));
  }

  applyCopies() {
    const { points } = this;
    const { copies, copy_offset: offsets } = this.a;
    for (let k = 0; 2 * k < copies.length; k += 1) {
      const to = 3 * copies[2 * k];
      const source = 3 * copies[2 * k + 1];
      points[to] = points[source] + offsets[3 * k];
      points[to + 1] = points[source + 1] + offsets[3 * k + 1];
      points[to + 2] = points[source + 2] + offsets[3 * k + 2];
    }
  }

  /** Head rotation, camera, and the body's share of both; to design pixels. */
  project(row, screen, depth) {
    const { points, rotation: r, a, face } = this;
    const { head_weight: head, shift_weight: shift, distance_weight: apart, breath_px: breathPx } = a;
    const shiftX = row[TRANSLATION];
    const shiftY = row[TRANSLATION + 1];
    const distance = 1 + face.distanceGain * row[TRANSLATION + 2];
    const settle = SETTLE * Math.max(0, 1 - 1 / distance);
    const breath = row[BREATH];
    for (let i = 0; i < this.count; i += 1) {
      const px = points[3 * i];
      const py = points[3 * i + 1];
      const pz = points[3 * i + 2];
      const x = r[0] * px + r[1] * py + r[2] * pz;
      const y = r[3] * px + r[4] * py + r[5] * pz;
      const z = r[6] * px + r[7] * py + r[8] * pz;
      const near = 1 / (1 - pz / CAMERA_DISTANCE);
      const seen = 1 / (distance - z / CAMERA_DISTANCE);
      const far = 1 / (distance - pz / CAMERA_DISTANCE);
      const outX = px * near + head[i] * (x * seen - px * far) + apart[i] * (px * far - px * near)
        + shift[i] * shiftX;
      const outY = py * near + head[i] * (y * seen - py * far)
        + apart[i] * (py * far - py * near + settle) + shift[i] * shiftY;
      screen[2 * i] = a.pivot_px[0] + face.faceWidthPx * outX + breath * breathPx[2 * i];
      screen[2 * i + 1] = a.pivot_px[1] + face.faceWidthPx * outY + breath * breathPx[2 * i + 1];
      depth[i] = head[i] * z + (1 - head[i]) * pz;
    }
  }

  /** Draw what hangs to where it is with the head a little earlier. */
  hangBehind(row, trail) {
    const { screen, late, lateRow } = this;
    const { hang } = this.a;
    lateRow.set(row);
    lateRow.set(trail, ROTATION);
    this.turnHead(trail[0], trail[1], trail[2]);
    this.project(lateRow, late, this.lateDepth);
    this.turnHead(row[ROTATION], row[ROTATION + 1], row[ROTATION + 2]);
    for (let i = 0; i < screen.length; i += 1) screen[i] += hang[i >> 1] * (late[i] - screen[i]);
  }

  /** The portrait's own mouth stays until the lips part. */
  fadeMouthRest() {
    const { points } = this;
    const { lip_pairs: pairs, lip_rest_gap: rest } = this.a;
    let opening = -Infinity;
    for (let k = 0; k < rest.length; k += 1) {
      const gap = points[3 * pairs[2 * k + 1] + 1] - points[3 * pairs[2 * k] + 1] - rest[k];
      opening = Math.max(opening, gap);
    }
    const shown = 1 - ramp(opening * this.face.faceWidthPx, 0.8, 3.5);
    this.alphas[LAYER.MOUTH_REST] = stepped(shown);
  }
}
