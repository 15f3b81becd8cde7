// Draws one face with WebGL2: rows of motion in, pictures on a canvas out. It makes no object and no
// picture of its own while it draws, survives the loss of its context, and says when it cannot draw.

import { DrawDelay } from "./draw-delay.js";
import { CORNER, Folds } from "./folds.js";
import {
  makeProgram, MARK_FRAGMENT, PLATE_FRAGMENT, PLATE_VERTEX, SKIN_FRAGMENT, SKIN_VERTEX,
} from "./programs.js";
import { PaintOrder } from "./paint-order.js";
import { DESIGN_PX, FacePose, LAYER } from "./pose.js";
import { Shading } from "./shading.js";
import { loadTextures } from "./textures.js";
import { Trail } from "./trail.js";

const SHADED = 2;
const SHADED_BLEND = 3;
const N_LAYERS = Object.keys(LAYER).length;
/** Layer of the fringes of folds: never faded. */
const FOLD_LAYER = N_LAYERS;
/** Numbers of a corner that never change: light, layer, whether it is shaded. */
const TRAIT = 3;
const LEAST_PX = 16;
const MOST_PX = 4096;
/** Edge of a mark's tile that brings shares of light, and steps of one 255th. */
const SHARE_TILE = 256;
const SHARE_STEPS = 16;
const LESS_LEVEL = 0.4;
const CONTEXT = {
  alpha: true, antialias: true, depth: false, stencil: false, premultipliedAlpha: true,
  powerPreference: "high-performance",
};

/** What draws where no graphics card does. */
const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

/** This browser, or this machine, has no WebGL2. */
export class NoWebGL extends Error {
  constructor() {
    super("this browser offers no WebGL2; show pictures that a server draws instead");
    this.name = "NoWebGL";
  }
}

function rendererOf(gl) {
  const told = gl.getExtension("WEBGL_debug_renderer_info");
  return String(gl.getParameter(told ? told.UNMASKED_RENDERER_WEBGL : gl.RENDERER) ?? "");
}

/** Whether faces can be drawn here. */
export function canDraw() {
  try {
    const canvas = document.createElement("canvas");
    const gl = canvas.getContext("webgl2");
    gl?.getExtension("WEBGL_lose_context")?.loseContext();
    return gl !== null;
  } catch {
    return false;
  }
}

/**
 * One face on one canvas.
 *
 * Events: "lost" and "restored" (of the context), "error" (it cannot be restored; detail is why).
 */
export class FaceDrawing extends EventTarget {
  /**
   * @param {HTMLCanvasElement} canvas without a context so far, or with one of WebGL2
   * @param {import("./face-file.js").FaceFile} face
   * @param {{background?: "plate" | "none"}} [options]
   * @throws {NoWebGL}
   */
  constructor(canvas, face, options = {}) {
    super();
    this.canvas = canvas;
    this.face = face;
    this.hasPlate = options.background !== "none";
    const gl = canvas.getContext("webgl2", CONTEXT);
    if (!gl) throw new NoWebGL();
    this.gl = gl;
    /** Whether a processor draws, for want of a graphics card. */
    this.isSoftware = SOFTWARE.test(rendererOf(gl));
    /** How long drawing goes on after `draw` has come back. */
    this.delay = new DrawDelay(gl);
    this.pose = new FacePose(face);
    /** Of what hangs from the head; null: nothing does. */
    this.trail = face.arrays.hang ? new Trail() : null;
    this.order = new PaintOrder(face);
    this.shading = new Shading(face);
    this.folds = new Folds(face, this.order);
    this.isReady = false;
    this.isClosed = false;
    this.drawn = 0;
    this.last = null;
    this.splitCorners();
    this.onLost = (event) => this.lose(event);
    this.onRestored = () => this.restore();
    canvas.addEventListener("webglcontextlost", this.onLost);
    canvas.addEventListener("webglcontextrestored", this.onRestored);
  }

  /**
   * A drawing that is ready to draw.
   * @param {HTMLCanvasElement} canvas
   * @param {import("./face-file.js").FaceFile} face
   * @param {{background?: "plate" | "none"}} [options]
   */
  static async make(canvas, face, options) {
    const drawing = new FaceDrawing(canvas, face, options);
    try {
      await drawing.load();
    } catch (problem) {
      drawing.close();
      throw problem;
    }
    return drawing;
  }

  /** Edge of the square picture in the canvas's own pixels. */
  resize(edgePx) {
    const edge = Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, edgePx)));
    if (this.canvas.width === edge && this.canvas.height === edge) return;
    this.canvas.width = edge;
    this.canvas.height = edge;
    if (this.last) this.draw(this.last);
  }

  /**
   * Draw one frame, now.
   * @param {Float32Array} row its motion, see motion.js
   * @param {number | null} [atS] when, in seconds of any clock, for what hangs from the head to follow it;
   *   null: it goes with the head
   * @returns {boolean} false while the context is lost
   */
  draw(row, atS = null) {
    this.last = row;
    if (!this.isReady || this.gl.isContextLost()) return false;
    this.pose.pose(row, atS === null || !this.trail ? null : this.trail.follow(row, atS));
    this.order.sort(this.pose.depth);
    this.writeCorners();
    const count = this.writeIndices();
    this.show(count);
    this.drawn += 1;
    return true;
  }

  /** Free what the graphics card holds. */
  close() {
    this.isClosed = true;
    this.isReady = false;
    this.canvas.removeEventListener("webglcontextlost", this.onLost);
    this.canvas.removeEventListener("webglcontextrestored", this.onRestored);
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }

  // -- a lost context --------------------------------------------------------------------

  lose(event) {
    event.preventDefault(); // or it would never come back
    this.isReady = false;
    this.delay.reset();
    this.dispatchEvent(new Event("lost"));
  }

  async restore() {
    try {
      await this.load();
      if (this.last) this.draw(this.last);
      this.dispatchEvent(new Event("restored"));
    } catch (problem) {
      this.dispatchEvent(new CustomEvent("error", { detail: problem }));
    }
  }

  // -- what is loaded once ---------------------------------------------------------------

  /** Vertices as the graphics card has them: one for each way in which they are used. */
  splitCorners() {
    const { triangles, triangle_kind: kinds, triangle_layer: layers, light } = this.face.arrays;
    const known = new Map();
    const vertices = [];
    const traits = [];
    this.cornerOf = new Uint16Array(triangles.length);
    for (let t = 0; t < layers.length; t += 1) {
      const isShaded = kinds[t] === SHADED || kinds[t] === SHADED_BLEND ? 1 : 0;
      for (let k = 3 * t; k < 3 * t + 3; k += 1) {
        const vertex = triangles[k];
        const key = (vertex * 32 + layers[t]) * 2 + isShaded;
        if (!known.has(key)) {
          known.set(key, vertices.length);
          vertices.push(vertex);
          traits.push(light[vertex] / 256, layers[t], isShaded);
        }
        this.cornerOf[k] = known.get(key);
      }
    }
    const most = vertices.length + 4 * this.folds.most;
    if (most > 65535) throw new RangeError(`the mesh has ${most} corners; 65535 can be drawn`);
    for (let i = vertices.length; i < most; i += 1) traits.push(1, FOLD_LAYER, 0);
    this.vertexOf = Uint16Array.from(vertices);
    this.traits = Float32Array.from(traits);
    this.corners = new Float32Array(CORNER * most);
    this.corners.fill(1);
    this.indices = new Uint16Array(triangles.length + 6 * this.folds.most);
    this.alphas = new Float32Array(N_LAYERS + 1).fill(1);
  }

  async load() {
    const { gl } = this;
    const textures = await loadTextures(gl, this.face, this.shading);
    if (this.isClosed || gl.isContextLost()) return;
    this.textures = textures;
    this.skin = makeProgram(gl, SKIN_VERTEX, SKIN_FRAGMENT);
    this.plate = makeProgram(gl, PLATE_VERTEX, PLATE_FRAGMENT);
    this.mark = this.face.arrays.mark ? makeProgram(gl, PLATE_VERTEX, MARK_FRAGMENT) : null;
    this.makeBuffers();
    this.setConstants();
    this.isReady = true;
  }

  makeBuffers() {
    const { gl, corners, traits } = this;
    this.emptyArray = gl.createVertexArray();
    this.vertexArray = gl.createVertexArray();
    gl.bindVertexArray(this.vertexArray);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, traits, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(2);
    gl.vertexAttribPointer(2, TRAIT, gl.FLOAT, false, 0, 0);
    this.cornerBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.cornerBuffer);
    gl.bufferData(gl.ARRAY_BUFFER, corners.byteLength, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(0);
    gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 4 * CORNER, 0);
    gl.enableVertexAttribArray(1);
    gl.vertexAttribPointer(1, 3, gl.FLOAT, false, 4 * CORNER, 8);
    this.indexBuffer = gl.createBuffer();
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.indexBuffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, this.indices.byteLength, gl.DYNAMIC_DRAW);
    gl.bindVertexArray(null);
  }

  setConstants() {
    const { gl, skin, face, textures } = this;
    const [u0, v0, cells] = face.arrays.shade_frame;
    gl.useProgram(skin.program);
    gl.uniform2f(skin.at.designToClip, 2 / DESIGN_PX, -2 / DESIGN_PX);
    gl.uniform2f(skin.at.texel, 1 / textures.width, 1 / textures.height);
    gl.uniform3f(skin.at.shadeFrame, u0, v0, cells);
    gl.uniform2f(skin.at.cell, 1 / this.shading.width, 1 / this.shading.height);
    gl.uniform1i(skin.at.atlas, 0);
    gl.uniform1i(skin.at.gains, 1);
    gl.useProgram(this.plate.program);
    gl.uniform1i(this.plate.at.plate, 2);
    if (this.mark) {
      gl.useProgram(this.mark.program);
      gl.uniform1i(this.mark.at.tile, 3);
    }
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.CULL_FACE);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  // -- every frame -----------------------------------------------------------------------

  writeCorners() {
    const { corners, vertexOf, pose } = this;
    const { screen, uv } = pose;
    for (let i = 0; i < vertexOf.length; i += 1) {
      const v = 2 * vertexOf[i];
      const c = CORNER * i;
      corners[c] = screen[v];
      corners[c + 1] = screen[v + 1];
      corners[c + 2] = uv[v];
      corners[c + 3] = uv[v + 1];
    }
    const pxPerDesignPx = this.canvas.width / DESIGN_PX;
    this.nFolds = this.folds.write(pose, pxPerDesignPx, corners, CORNER * vertexOf.length);
  }

  /** What is seen, in its order; the number of indices. */
  writeIndices() {
    const { order, cornerOf, indices, pose } = this;
    let at = 0;
    for (let layer = 0; layer < N_LAYERS; layer += 1) {
      if (layer === LAYER.OVER) at = this.writeFolds(at);
      this.alphas[layer] = pose.alphas[layer];
      if (pose.alphas[layer] <= 0) continue;
      for (let k = order.bounds[layer]; k < order.bounds[layer + 1]; k += 1) {
        const t = 3 * order.order[k];
        indices[at] = cornerOf[t];
        indices[at + 1] = cornerOf[t + 1];
        indices[at + 2] = cornerOf[t + 2];
        at += 3;
      }
    }
    return at;
  }

  /** The fringes of folds, below what lies over the face; the number of indices so far. */
  writeFolds(first) {
    const { indices } = this;
    let at = first;
    for (let fold = 0; fold < this.nFolds; fold += 1) {
      const c = this.vertexOf.length + 4 * fold;
      indices[at] = c;
      indices[at + 1] = indices[at + 3] = c + 1;
      indices[at + 2] = indices[at + 4] = c + 2;
      indices[at + 5] = c + 3;
      at += 6;
    }
    return at;
  }

  show(count) {
    const { gl, textures, shading } = this;
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.hasPlate) {
      gl.useProgram(this.plate.program);
      gl.bindVertexArray(this.emptyArray);
      gl.drawArrays(gl.TRIANGLES, 0, 3);
    }
    if (shading.update(this.pose.coefficients)) textures.setGains(shading);
    gl.useProgram(this.skin.program);
    gl.uniform1fv(this.skin.at.alphas, this.alphas);
    gl.bindVertexArray(this.vertexArray);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.cornerBuffer);
    const used = CORNER * (this.vertexOf.length + 4 * this.nFolds);
    gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.corners, 0, used);
    gl.bufferSubData(gl.ELEMENT_ARRAY_BUFFER, 0, this.indices, 0, count);
    gl.drawElements(gl.TRIANGLES, count, gl.UNSIGNED_SHORT, 0);
    if (this.mark) this.showMark();
    gl.bindVertexArray(null);
  }

  /**
   * The imperceptible mark, where anything is drawn: a grey level brighter here, darker there (a
   * little less, or rounding would make it two); in a drawing a share of each pixel's own light.
   */
  showMark() {
    const { gl, mark } = this;
    const isShare = this.face.sizes.T === SHARE_TILE;
    gl.useProgram(mark.program);
    gl.bindVertexArray(this.emptyArray);
    gl.blendFunc(isShare ? gl.DST_COLOR : gl.DST_ALPHA, gl.ONE);
    gl.uniform1f(mark.at.steps, isShare ? SHARE_STEPS : 1);
    gl.uniform1f(mark.at.less, isShare ? 0 : LESS_LEVEL);
    gl.uniform1f(mark.at.side, 1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.blendEquation(gl.FUNC_REVERSE_SUBTRACT);
    gl.uniform1f(mark.at.side, -1);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    gl.blendEquation(gl.FUNC_ADD);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }
}
