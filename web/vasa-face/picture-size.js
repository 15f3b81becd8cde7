// Width and height that a PNG or WebP claims, before anybody makes room for its pixels.

/** Largest edge that is decoded. */
export const MAX_EDGE_PX = 4096;

/**
 * @param {Uint8Array} bytes of the picture
 * @returns {{width: number, height: number} | null} null: neither PNG nor WebP
 */
export function claimedSize(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 30 && nameAt(bytes, 0) === "RIFF" && nameAt(bytes, 8) === "WEBP") {
    return webpSize(view, nameAt(bytes, 12));
  }
  if (bytes.length >= 24 && view.getUint32(0) === 0x89504e47 && nameAt(bytes, 12) === "IHDR") {
    return { width: view.getUint32(16), height: view.getUint32(20) };
  }
  return null;
}

function webpSize(view, chunk) {
  if (chunk === "VP8X") {
    const width = 1 + (view.getUint32(24, true) & 0xffffff);
    return { width, height: 1 + (view.getUint32(26, true) >>> 8) };
  }
  if (chunk === "VP8L" && view.getUint8(20) === 0x2f) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (chunk === "VP8 " && (view.getUint32(22) & 0xffffff) === 0x9d012a) {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  return null;
}

function nameAt(bytes, offset) {
  return String.fromCharCode(...bytes.subarray(offset, offset + 4));
}
