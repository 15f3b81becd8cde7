// A face's pictures on the graphics card: the atlas in unit 0, shading gains in 1, the plate in 2, the
// mark in 3.

import { FaceFileError } from "./face-file.js";
import { makeProgram, MERGE_FRAGMENT, PLATE_VERTEX } from "./programs.js";

const DECODED_AS_IT_IS = { premultiplyAlpha: "none", colorSpaceConversion: "none" };

/** What stays: the atlas's size, and a way to change the gains. */
class Textures {
  constructor(gl, width, height) {
    this.gl = gl;
    this.width = width;
    this.height = height;
  }

  /** @param {import("./shading.js").Shading} shading */
  setGains(shading) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE1);
    gl.texSubImage2D(gl.TEXTURE_2D, 0, 0, 0, shading.width, shading.height, gl.RED, gl.FLOAT, shading.gains);
  }
}

/**
 * Decode and upload everything.
 * @param {WebGL2RenderingContext} gl
 * @param {import("./face-file.js").FaceFile} face
 * @param {import("./shading.js").Shading} shading
 */
export async function loadTextures(gl, face, shading) {
  const { colour, coverage, plate } = face.pictures;
  const edge = Math.max(colour.width, colour.height, plate.width, plate.height);
  const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
  if (edge > most) throw new FaceFileError(`a picture has ${edge} pixels; this machine draws ${most}`);
  const bitmaps = await Promise.all([colour, coverage, plate].map(decode));
  try {
    if (!gl.isContextLost()) {
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      merge(gl, bitmaps[0], bitmaps[1]);
      makeGains(gl, shading);
      gl.activeTexture(gl.TEXTURE2);
      fill(gl, bitmaps[2]);
      if (face.arrays.mark) makeMark(gl, face.arrays.mark, face.sizes.T);
    }
  } finally {
    for (const bitmap of bitmaps) bitmap.close();
  }
  return new Textures(gl, colour.width, colour.height);
}

async function decode(picture) {
  let bitmap = null;
  try {
    bitmap = await createImageBitmap(picture.blob, DECODED_AS_IT_IS);
  } catch {
    throw new FaceFileError("a picture of the face cannot be decoded");
  }
  if (bitmap.width !== picture.width || bitmap.height !== picture.height) {
    bitmap.close();
    throw new FaceFileError("a picture of the face has another size than it says");
  }
  return bitmap;
}

/** A new texture in the active unit, with the picture in it, smaller ones below it if asked for. */
function fill(gl, bitmap, hasMips = true) {
  const texture = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, texture);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  if (hasMips) gl.generateMipmap(gl.TEXTURE_2D);
  setFilters(gl, hasMips ? gl.LINEAR_MIPMAP_LINEAR : gl.NEAREST, hasMips ? gl.LINEAR : gl.NEAREST);
  return texture;
}

function setFilters(gl, smaller, larger) {
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, smaller);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, larger);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
}

/** Colour and coverage become the atlas, premultiplied, in unit 0. */
function merge(gl, colour, coverage) {
  const parts = [colour, coverage].map((bitmap, unit) => {
    gl.activeTexture(gl.TEXTURE1 + unit);
    return fill(gl, bitmap, false);
  });
  const atlas = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0);
  gl.bindTexture(gl.TEXTURE_2D, atlas);
  gl.texStorage2D(gl.TEXTURE_2D, mipLevels(colour), gl.RGBA8, colour.width, colour.height);
  const target = gl.createFramebuffer();
  gl.bindFramebuffer(gl.FRAMEBUFFER, target);
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, atlas, 0);
  const { program, at } = makeProgram(gl, PLATE_VERTEX, MERGE_FRAGMENT);
  gl.useProgram(program);
  gl.uniform1i(at.tint, 1);
  gl.uniform1i(at.coverage, 2);
  gl.disable(gl.BLEND);
  gl.viewport(0, 0, colour.width, colour.height);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.bindFramebuffer(gl.FRAMEBUFFER, null);
  gl.deleteFramebuffer(target);
  gl.deleteProgram(program);
  for (const part of parts) gl.deleteTexture(part);
  gl.generateMipmap(gl.TEXTURE_2D);
  setFilters(gl, gl.LINEAR_MIPMAP_LINEAR, gl.LINEAR);
}

function mipLevels(bitmap) {
  return 1 + Math.floor(Math.log2(Math.max(bitmap.width, bitmap.height)));
}

function makeGains(gl, shading) {
  gl.activeTexture(gl.TEXTURE1);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(
    gl.TEXTURE_2D, 0, gl.R16F, shading.width, shading.height, 0, gl.RED, gl.FLOAT, shading.gains,
  );
  setFilters(gl, gl.LINEAR, gl.LINEAR);
}

/** The tile of the mark, its levels from 128 on; it repeats. */
function makeMark(gl, mark, edge) {
  gl.activeTexture(gl.TEXTURE3);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  const levels = Uint8Array.from(mark, (level) => 128 + level);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, edge, edge, 0, gl.RED, gl.UNSIGNED_BYTE, levels);
  setFilters(gl, gl.NEAREST, gl.NEAREST);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.REPEAT);
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.REPEAT);
}
