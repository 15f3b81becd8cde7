// Smooth edges where a turned face hides what is behind it, see vasa_avatar/render/folds.py: along
// every fold whose near side is seen, the sheet goes on for one pixel and fades out.

import { LAYER } from "./pose.js";

const FRINGE_PX = 1;
/** Numbers of one edge: its two vertices, triangle and opposite vertex on each side. */
const EDGE = 6;
/** Numbers of a corner of what is drawn: x, y, u, v, cover. */
export const CORNER = 5;

/** Edges that two triangles of first..last-1 share, EDGE numbers each. */
function sharedEdges(triangles, first, last) {
  const oneSide = new Map();
  const edges = [];
  for (let t = first; t < last; t += 1) {
    for (let k = 0; k < 3; k += 1) {
      const a = triangles[3 * t + k];
      const b = triangles[3 * t + ((k + 1) % 3)];
      const opposite = triangles[3 * t + ((k + 2) % 3)];
      const key = Math.min(a, b) * 65536 + Math.max(a, b);
      const other = oneSide.get(key);
      if (other === undefined) {
        oneSide.set(key, [t, opposite]);
      } else {
        oneSide.delete(key);
        edges.push(Math.min(a, b), Math.max(a, b), other[0], other[1], t, opposite);
      }
    }
  }
  return Uint16Array.from(edges);
}

/** Draws the fringes of one face's folds into a vertex buffer. */
export class Folds {
  /**
   * @param {import("./face-file.js").FaceFile} face
   * @param {import("./paint-order.js").PaintOrder} paintOrder
   */
  constructor(face, paintOrder) {
    const { triangles, uv } = face.arrays;
    this.triangles = triangles;
    this.edges = sharedEdges(triangles, paintOrder.bounds[LAYER.SKIN], paintOrder.bounds[LAYER.SKIN + 1]);
    this.most = this.edges.length / EDGE;
    this.windings = new Float32Array(triangles.length / 3);
    for (let t = 0; t < this.windings.length; t += 1) this.windings[t] = areaOf(triangles, t, uv) < 0 ? -1 : 1;
  }

  /**
   * Write four corners for every fold that is seen.
   * @param {import("./pose.js").FacePose} pose
   * @param {number} pxPerDesignPx frame pixels of one design pixel
   * @param {Float32Array} corners written from `at` on
   * @param {number} at in numbers
   * @returns {number} how many folds
   */
  write(pose, pxPerDesignPx, corners, at) {
    const { edges } = this;
    let count = 0;
    for (let e = 0; e < edges.length; e += EDGE) {
      const isFirstSeen = this.facesViewer(edges[e + 2], pose.screen);
      if (isFirstSeen === this.facesViewer(edges[e + 4], pose.screen)) continue;
      const near = isFirstSeen ? edges[e + 3] : edges[e + 5];
      const far = isFirstSeen ? edges[e + 5] : edges[e + 3];
      if (this.writeFringe(pose, edges[e], edges[e + 1], near, far, pxPerDesignPx, corners, at + 4 * CORNER * count)) {
        count += 1;
      }
    }
    return count;
  }

  facesViewer(triangle, screen) {
    return areaOf(this.triangles, triangle, screen) * this.windings[triangle] > 0;
  }

  writeFringe(pose, a, b, near, far, pxPerDesignPx, corners, at) {
    const { screen, depth, uv } = pose;
    const x0 = screen[2 * a];
    const y0 = screen[2 * a + 1];
    const dx = screen[2 * b] - x0;
    const dy = screen[2 * b + 1] - y0;
    const length = Math.hypot(dx, dy);
    if (length * pxPerDesignPx < 1e-3) return false;
    // The normal away from the triangle that is seen; both triangles lie on its other side.
    let nx = dy / length;
    let ny = -dx / length;
    let height = (screen[2 * near] - x0) * nx + (screen[2 * near + 1] - y0) * ny;
    if (height > 0) {
      nx = -nx;
      ny = -ny;
      height = -height;
    }
    const heightFar = (screen[2 * far] - x0) * nx + (screen[2 * far + 1] - y0) * ny;
    const middle = 0.5 * (depth[a] + depth[b]);
    // Seen only where the sheet folds away from the viewer, not where it comes out again.
    if ((depth[near] - middle) * heightFar > (depth[far] - middle) * height) return false;
    const reach = FRINGE_PX / pxPerDesignPx;
    for (let k = 0; k < 4; k += 1) {
      const v = k % 2 === 0 ? a : b;
      const out = k < 2 ? 0 : reach;
      const c = at + k * CORNER;
      corners[c] = screen[2 * v] + out * nx;
      corners[c + 1] = screen[2 * v + 1] + out * ny;
      corners[c + 2] = uv[2 * v];
      corners[c + 3] = uv[2 * v + 1];
      corners[c + 4] = k < 2 ? 1 : 0;
    }
    return true;
  }
}

/** Twice the signed area of a triangle whose corners lie at `places`. */
function areaOf(triangles, t, places) {
  const a = 2 * triangles[3 * t];
  const b = 2 * triangles[3 * t + 1];
  const c = 2 * triangles[3 * t + 2];
  return (places[b] - places[a]) * (places[c + 1] - places[a + 1])
    - (places[b + 1] - places[a + 1]) * (places[c] - places[a]);
}
