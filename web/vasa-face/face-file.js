// Bytes of a `.vface` file to checked arrays; docs/vface.md describes the file.
//
// Nothing in it is believed: sizes have limits, indices stay inside what they index, numbers are
// finite and of a sensible size. Whoever gets a FaceFile may draw without looking again.

import { claimedSize, MAX_EDGE_PX } from "./picture-size.js";

const MAGIC = "VASAFACE";
const VERSION = 1;
const FILE_HEAD_BYTES = 24;
const MAX_HEADER_BYTES = 1 << 18;
const MAX_BODY_BYTES = 1 << 25;
const MAX_PICTURE_BYTES = 1 << 25;
const MAX_TRIANGLES = 20000;
const MAX_VERTICES = 16000;
const MAX_CELLS = 1 << 22;
const N_UNITS = 52;
const LID_COLUMNS = 9;
const PICTURES = ["colour", "coverage", "plate"];
const N_LAYERS = 17;
const N_KINDS = 5;
/** Edges that the tile of the mark may have, of a frame's 512: a drawing's is larger. */
const MARK_TILES = [128, 256];
const MOST_MARK_LEVELS = 127;

const READERS = {
  f32: Float32Array, u16: Uint16Array, i16: Int16Array, u8: Uint8Array, i8: Int8Array,
};

// Name, type, shape (a letter: any size, the same wherever it stands), and the largest size of a
// number, or the letter of what it indexes.
const ARRAYS = [
  ["vertices", "f32", ["N", 3], 100], ["uv", "f32", ["N", 2], 8192],
  ["turn_uv", "f32", ["N", 2], 8192], ["turn_side", "f32", ["N"], 1],
  ["head_weight", "f32", ["N"], 10], ["shift_weight", "f32", ["N"], 10],
  ["distance_weight", "f32", ["N"], 10], ["breath_px", "f32", ["N", 2], 1000],
  ["light", "f32", ["N"], 511], ["copy_offset", "f32", ["C", 3], 100],
  ["lip_rest_gap", "f32", ["P"], 100], ["shade_frame", "f32", [3], 8192],
  ["pivot_px", "f32", [2], 8192], ["pose_gain", "f32", [3, 3], 100],
  ["rest_rotation", "f32", [3, 3], 1.001], ["gaze_rest_rad", "f32", [2], 7],
  ["gaze_gain", "f32", [2], 100], ["unit_curve", "f32", [N_UNITS, "K"], 100],
  ["triangles", "u16", ["M", 3], "N"], ["copies", "u16", ["C", 2], "N"],
  ["lip_pairs", "u16", ["P", 2], "N"], ["triangle_layer", "u8", ["M"], N_LAYERS - 1],
  ["triangle_kind", "u8", ["M"], N_KINDS - 1], ["shading_units", "u8", ["U"], N_UNITS - 1],
  ["shading", "i8", ["U", "Y", "X"], 128], ["basis_count", "u16", [N_UNITS], "N"],
  ["basis_vertex", "u16", ["E"], "N"], ["basis_steps", "i16", [3, "E"], 32768],
  ...["right", "left"].flatMap((side) => [
    [`${side}_upper`, "u16", [LID_COLUMNS], "N"], [`${side}_lower`, "u16", [LID_COLUMNS], "N"],
    [`${side}_sheet`, "u16", [`${side}R`, LID_COLUMNS], "N"],
    [`${side}_lash`, "u16", [`${side}Q`, LID_COLUMNS], "N"],
    [`${side}_fringe`, "u16", [`${side}F`, LID_COLUMNS], "N"],
    [`${side}_iris`, "u16", [`${side}J`], "N"], [`${side}_iris_offset`, "f32", [`${side}J`, 2], 100],
    [`${side}_ball_centre`, "f32", [3], 100],
  ]),
  ["mark", "i8", ["T", "T"], MOST_MARK_LEVELS], ["hang", "f32", ["N"], 1],
];
/** What a file may lack. */
const OPTIONAL = new Set(["mark", "hang"]);

/** Why a file was refused. */
export class FaceFileError extends Error {
  constructor(message) {
    super(message);
    this.name = "FaceFileError";
  }
}

function check(isRight, message) {
  if (!isRight) throw new FaceFileError(message);
}

/** A number of the header within -limit..limit. */
function numberOf(header, name, limit) {
  const value = header[name];
  const isRight = typeof value === "number" && Number.isFinite(value) && Math.abs(value) <= limit;
  check(isRight, `${name} is ${value}; expected a number of at most ${limit}`);
  return value;
}

/** A checked face. */
export class FaceFile {
  constructor(header, arrays, sizes, pictures) {
    this.name = String(header.name ?? "").slice(0, 200);
    this.isSynthetic = header.synthetic !== false;
    this.texelsPerPx = numberOf(header, "texels_per_px", 16);
    this.faceWidthPx = numberOf(header, "face_width_px", 8192);
    this.distanceGain = numberOf(header, "distance_gain", 100);
    this.basisStep = numberOf(header, "basis_step", 1);
    this.arrays = arrays;
    this.sizes = sizes;
    /** Blobs by name: colour (premultiplied), coverage, plate. */
    this.pictures = pictures;
    this.eyes = ["right", "left"].map((side, index) => ({
      upper: arrays[`${side}_upper`], lower: arrays[`${side}_lower`], sheet: arrays[`${side}_sheet`],
      lash: arrays[`${side}_lash`], fringe: arrays[`${side}_fringe`], iris: arrays[`${side}_iris`],
      irisOffset: arrays[`${side}_iris_offset`], ballCentre: arrays[`${side}_ball_centre`],
      ballRadius: numberOf(header.ball_radius ?? {}, index, 100),
      meet: numberOf(header.meet ?? {}, index, 1),
    }));
    check(this.texelsPerPx > 0 && this.faceWidthPx > 0, "texels_per_px or face_width_px is not positive");
    checkMesh(arrays, sizes);
  }
}

/**
 * Read and check a file.
 * @param {ArrayBuffer} buffer
 * @returns {Promise<FaceFile>}
 * @throws {FaceFileError} what is wrong with it
 */
export async function readFaceFile(buffer) {
  const bytes = new Uint8Array(buffer);
  check(bytes.length > FILE_HEAD_BYTES, `${bytes.length} bytes came; this is no .vface file`);
  check(textOf(bytes.subarray(0, 8)) === MAGIC, "this is no .vface file");
  const view = new DataView(buffer);
  const version = view.getUint32(8, true);
  check(version === VERSION, `the file is version ${version}; this program reads ${VERSION}`);
  const [nHeader, nPacked, nBody] = [12, 16, 20].map((at) => view.getUint32(at, true));
  const bodyAt = FILE_HEAD_BYTES + nHeader;
  const picturesAt = bodyAt + nPacked;
  check(nHeader <= MAX_HEADER_BYTES && nBody <= MAX_BODY_BYTES, "header or body is too large");
  check(picturesAt <= bytes.length, "the file is cut off");
  const header = parse(bytes.subarray(FILE_HEAD_BYTES, bodyAt));
  const body = await unpack(bytes.subarray(bodyAt, picturesAt), nBody);
  const sizes = {};
  const arrays = readArrays(header.arrays, body, sizes);
  const pictures = readPictures(header.pictures, bytes.subarray(picturesAt));
  return new FaceFile(header, arrays, sizes, pictures);
}

function textOf(bytes) {
  return String.fromCharCode(...bytes);
}

function parse(bytes) {
  let header = null;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FaceFileError("the header is not JSON");
  }
  check(header !== null && typeof header === "object", "the header is not an object");
  return header;
}

/** Unpack by zlib; exactly `expected` bytes, and never room for more. */
async function unpack(packed, expected) {
  const out = new Uint8Array(expected);
  let length = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      check(length + value.length <= expected, "the body is longer than it says");
      out.set(value, length);
      length += value.length;
    }
  } catch (problem) {
    reader.cancel().catch(() => {});
    if (problem instanceof FaceFileError) throw problem;
    throw new FaceFileError("the body cannot be unpacked");
  }
  check(length === expected, `the body has ${length} bytes; it says ${expected}`);
  return out.buffer;
}

function readArrays(table, body, sizes) {
  check(Array.isArray(table) && table.length < 200, "the table of arrays is missing or too long");
  const arrays = {};
  const known = new Map(ARRAYS.map((entry) => [entry[0], entry]));
  let offset = 0;
  for (const entry of table) {
    check(entry !== null && typeof entry === "object", "an entry of the table is no object");
    const { name, type, shape } = entry;
    check(typeof name === "string" && Object.hasOwn(READERS, type), `array ${String(name).slice(0, 40)} has no known type`);
    check(Array.isArray(shape) && shape.length <= 4, `array ${name} has no shape`);
    const isCount = shape.every((n) => Number.isInteger(n) && n >= 0 && n <= MAX_CELLS);
    const count = isCount ? shape.reduce((product, n) => product * n, 1) : NaN;
    check(count <= MAX_CELLS, `array ${name} is too large`);
    const Reader = READERS[type];
    const bytes = count * Reader.BYTES_PER_ELEMENT;
    check(offset + bytes <= body.byteLength, `array ${name} reaches beyond the body`);
    const wanted = known.get(name);
    if (wanted) {
      checkShape(wanted, type, shape, sizes);
      arrays[name] = new Reader(body, offset, count);
    }
    offset += Math.ceil(bytes / 4) * 4;
  }
  for (const [name, , , limit] of ARRAYS) {
    if (OPTIONAL.has(name) && !Object.hasOwn(arrays, name)) continue;
    check(Object.hasOwn(arrays, name), `array ${name} is missing`);
    checkValues(name, arrays[name], typeof limit === "string" ? sizes[limit] - 1 : limit);
  }
  return arrays;
}

function checkShape([name, type, shape], cameType, cameShape, sizes) {
  check(type === cameType && shape.length === cameShape.length, `array ${name} is ${cameType} of shape ${cameShape}`);
  shape.forEach((wanted, axis) => {
    const came = cameShape[axis];
    if (typeof wanted === "string") sizes[wanted] ??= came;
    const expected = typeof wanted === "string" ? sizes[wanted] : wanted;
    check(came === expected, `array ${name} has shape ${cameShape}; expected ${expected} on axis ${axis}`);
  });
}

function checkValues(name, array, limit) {
  for (let i = 0; i < array.length; i += 1) {
    // A number that is not finite fails this, too.
    if (!(Math.abs(array[i]) <= limit)) throw new FaceFileError(`array ${name} holds ${array[i]}; expected at most ${limit}`);
  }
}

function checkMesh(arrays, sizes) {
  check(!arrays.mark || MARK_TILES.includes(sizes.T), `the mark's tile has an edge of ${sizes.T}`);
  check(sizes.N >= 3 && sizes.N <= MAX_VERTICES, `the mesh has ${sizes.N} vertices`);
  check(sizes.M >= 1 && sizes.M <= MAX_TRIANGLES, `the mesh has ${sizes.M} triangles`);
  check(sizes.K >= 2 && sizes.K <= 65, `the curves have ${sizes.K} points`);
  check(sizes.X >= 2 && sizes.Y >= 2 && sizes.X <= 1024 && sizes.Y <= 1024, "the shading maps have no sensible size");
  check(sizes.P >= 1, "there are no pairs of lips");
  check(sizes.rightR >= 2 && sizes.leftR >= 2, "a lid's sheet has fewer than two rows");
  const layers = arrays.triangle_layer;
  for (let t = 1; t < layers.length; t += 1) check(layers[t] >= layers[t - 1], "the layers are out of order");
  let moved = 0;
  for (const count of arrays.basis_count) moved += count;
  check(moved === arrays.basis_vertex.length, "the basis names more or fewer vertices than it has");
}

function readPictures(table, bytes) {
  check(Array.isArray(table) && table.length < 20, "the table of pictures is missing or too long");
  const pictures = {};
  let offset = 0;
  for (const entry of table) {
    const length = Number(entry?.bytes);
    check(Number.isInteger(length) && length > 0 && length <= MAX_PICTURE_BYTES, "a picture has no sensible length");
    check(offset + length <= bytes.length, "a picture is cut off");
    const data = bytes.slice(offset, offset + length);
    const name = PICTURES.find((known) => known === entry.name);
    if (name) pictures[name] = checkedPicture(name, data);
    offset += length;
  }
  for (const name of PICTURES) check(Object.hasOwn(pictures, name), `picture ${name} is missing`);
  return pictures;
}

function checkedPicture(name, data) {
  const size = claimedSize(data);
  check(size !== null, `picture ${name} is neither WebP nor PNG`);
  const isSensible = size.width >= 4 && size.height >= 4 && Math.max(size.width, size.height) <= MAX_EDGE_PX;
  check(isSensible, `picture ${name} is ${size.width} x ${size.height}; expected 4 to ${MAX_EDGE_PX}`);
  const type = data[0] === 0x89 ? "image/png" : "image/webp";
  return { ...size, blob: new Blob([data], { type }) };
}
