// Motion and sound as OpenAvatarChat sends them to its rendering clients: binary messages of "JBIN", two
// lengths, a JSON description and the data it describes. First a definition with the names of the
// channels, then a message for every piece of speech.

import { COEFFICIENTS, N_COEFFICIENTS } from "../motion.js";
import { arkitOf } from "./arkit.js";

const HEAD_BYTES = 12;

/** Packs one stream. */
export class OpenAvatarChatStream {
  /**
   * @param {number} sampleRateHz of the sound
   * @param {number} fps frames of motion a second
   */
  constructor(sampleRateHz, fps) {
    this.sampleRateHz = sampleRateHz;
    this.fps = fps;
    this.batch = 0;
    this.isBegun = false;
  }

  /** The first message: what the others hold. */
  definition() {
    return packed(this.records(new Int16Array(0), new Float32Array(0), true), {});
  }

  /**
   * A piece of speech.
   * @param {Int16Array} pcm mono
   * @param {Float32Array[]} rows the frames of motion that belong to it
   * @param {string} speechId
   * @param {boolean} isLast whether the speech ends with it
   * @returns {ArrayBuffer}
   */
  message(pcm, rows, speechId, isLast) {
    const values = new Float32Array(rows.length * N_COEFFICIENTS);
    rows.forEach((row, i) => values.set(arkitOf(row), i * N_COEFFICIENTS));
    const batch = {
      batch_name: speechId, batch_id: this.batch, start_of_batch: !this.isBegun, end_of_batch: isLast,
    };
    this.isBegun = !isLast;
    if (isLast) this.batch += 1;
    return packed(this.records(pcm, values, false), batch);
  }

  records(pcm, values, hasNames) {
    const rows = values.length / N_COEFFICIENTS;
    return {
      audio: { data: pcm, type: "int16", shape: [1, pcm.length], rate: this.sampleRateHz, axes: [1, 0], names: [] },
      arkit_face: {
        data: values, type: "float32", shape: [rows, N_COEFFICIENTS], rate: this.fps, axes: [0, 1],
        names: hasNames ? [...COEFFICIENTS] : [],
      },
    };
  }
}

function packed(records, batch) {
  const described = {};
  let offset = 0;
  Object.entries(records).forEach(([name, record], id) => {
    described[name] = {
      data_type: record.type, data_offset: offset, shape: record.shape, channel_names: record.names,
      sample_rate: record.rate, metadata: {}, data_id: id, timeline_axis: record.axes[0],
      channel_axis: record.axes[1],
    };
    offset += record.data.byteLength;
  });
  const description = {
    data_records: described, metadata: {}, events: [], batch_name: null, batch_id: null,
    start_of_batch: null, end_of_batch: false, ...batch,
  };
  const text = new TextEncoder().encode(JSON.stringify(description));
  const out = new Uint8Array(HEAD_BYTES + text.length + offset);
  const view = new DataView(out.buffer);
  out.set(new TextEncoder().encode("JBIN"));
  view.setUint32(4, text.length, true);
  view.setUint32(8, offset, true);
  out.set(text, HEAD_BYTES);
  let at = HEAD_BYTES + text.length;
  for (const { data } of Object.values(records)) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out.buffer;
}
