// Which triangles are drawn, and in which order: layer by layer, the skin from far to near.

import { LAYER } from "./pose.js";

const N_BUCKETS = 512;

/** The order of one face's triangles. */
export class PaintOrder {
  /** @param {import("./face-file.js").FaceFile} face */
  constructor(face) {
    const { triangles, triangle_layer: layers } = face.arrays;
    this.triangles = triangles;
    this.count = layers.length;
    this.bounds = new Uint32Array(Object.keys(LAYER).length + 1);
    for (const layer of layers) this.bounds[layer + 1] += 1;
    for (let i = 1; i < this.bounds.length; i += 1) this.bounds[i] += this.bounds[i - 1];
    this.order = Uint32Array.from(layers.keys());
    this.buckets = new Uint32Array(N_BUCKETS + 1);
    this.bucketOf = new Uint16Array(this.count);
    this.heights = new Float32Array(this.count);
  }

  /** Sort the skin by mean depth: by buckets, stable, in linear time. */
  sort(depth) {
    const { triangles, buckets, bucketOf, heights, order } = this;
    const first = this.bounds[LAYER.SKIN];
    const last = this.bounds[LAYER.SKIN + 1];
    let low = Infinity;
    let high = -Infinity;
    for (let t = first; t < last; t += 1) {
      const z = depth[triangles[3 * t]] + depth[triangles[3 * t + 1]] + depth[triangles[3 * t + 2]];
      heights[t] = z;
      if (z < low) low = z;
      if (z > high) high = z;
    }
    const gain = (N_BUCKETS - 1) / Math.max(high - low, 1e-6);
    buckets.fill(0);
    for (let t = first; t < last; t += 1) {
      const bucket = Math.min(N_BUCKETS - 1, Math.max(0, Math.trunc((heights[t] - low) * gain)));
      bucketOf[t] = bucket;
      buckets[bucket + 1] += 1;
    }
    for (let b = 0; b < N_BUCKETS; b += 1) buckets[b + 1] += buckets[b];
    for (let t = first; t < last; t += 1) {
      order[first + buckets[bucketOf[t]]] = t;
      buckets[bucketOf[t]] += 1;
    }
  }
}
