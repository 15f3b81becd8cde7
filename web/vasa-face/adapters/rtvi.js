// A face for Pipecat's RTVI client: VasaMotionService's server messages, drawn in step with the voice
// that comes by WebRTC.
//
//     const face = new RtviFace(drawing);
//     client.on("serverMessage", (data) => face.take(data));      // or callbacks.onServerMessage
//     face.listenTo(receiver);                                     // the RTCRtpReceiver of the voice
//     face.start();
//
// A message says when its sound is handed to the line, on the sender's clock. The fastest message so
// far tells how that clock stands against ours; how long the voice then waits before it is heard,
// the receiver's own statistics and the sound card tell.

import { MOTION_BYTES } from "../motion.js";
import { FacePlayer } from "../player.js";

const CLOCK_HZ = 1000;
const USUAL_DELAY_MS = 90;
const LOOK_EVERY_MS = 500;
const DELAY_WEIGHT = 0.3;
const OFFSET_RISE_MS = 0.02;
const MAX_ROWS = 64;

/** Draws what a VasaMotionService sends. */
export class RtviFace {
  /**
   * @param {import("../drawing.js").FaceDrawing | null} drawing null: set `player.drawing` later
   * @param {() => number} [outputDelayMs] what the sound card adds to the receiver's own delay
   */
  constructor(drawing, outputDelayMs = () => 0) {
    this.outputDelayMs = outputDelayMs;
    this.heard = { generation: 0, sample: 0, isRunning: true };
    this.player = new FacePlayer(drawing, (atMs) => this.heardAt(atMs), CLOCK_HZ);
    /** Our clock less the sender's, with the way of the fastest message. */
    this.offsetMs = NaN;
    this.delayMs = USUAL_DELAY_MS;
    this.timer = 0;
    this.before = { delay: 0, count: 0 };
    /** Messages that were not understood. */
    this.refused = 0;
  }

  /** Draw from now on. */
  start() {
    this.player.start();
  }

  /** Stop drawing and listening. */
  stop() {
    this.player.stop();
    clearInterval(this.timer);
  }

  /** Another call: forget its clock and its motion. */
  reset() {
    this.player.reset();
    this.offsetMs = NaN;
    this.heard.generation = 0;
  }

  /**
   * Take a server message's data; what is not ours is left alone.
   * @returns {boolean} whether it was ours
   */
  take(data, nowMs = performance.now()) {
    if (data?.type === "vasa-motion-interrupted") {
      this.heard.generation = Number(data.g) || 0;
      this.player.track.setGeneration(this.heard.generation);
      return true;
    }
    if (data?.type !== "vasa-motion") return false;
    const { g, at, lead, ms } = data;
    const isRight = [g, at, lead, ms].every(Number.isFinite) && ms > 0 && typeof data.rows === "string";
    const rows = isRight ? rowsOf(data.rows) : null;
    if (rows === null) {
      this.refused += 1;
      return true;
    }
    this.noteClock(nowMs - (at - lead));
    for (let i = 0; MOTION_BYTES * i < rows.length; i += 1) {
      const place = { generation: g, sample: at + i * ms, samples: ms, isSpeech: data.s === 1 };
      this.player.push(place, rows.subarray(MOTION_BYTES * i, MOTION_BYTES * (i + 1)));
    }
    return true;
  }

  /** Follow the delay of the voice's receiver from now on. */
  listenTo(receiver) {
    clearInterval(this.timer);
    this.before = { delay: 0, count: 0 };
    this.timer = setInterval(() => this.look(receiver), LOOK_EVERY_MS);
  }

  async look(receiver) {
    for (const report of (await receiver.getStats()).values()) {
      if (report.type !== "inbound-rtp" || !(report.jitterBufferEmittedCount > this.before.count)) continue;
      const count = report.jitterBufferEmittedCount - this.before.count;
      const ms = (1000 * (report.jitterBufferDelay - this.before.delay)) / count;
      this.before = { delay: report.jitterBufferDelay, count: report.jitterBufferEmittedCount };
      this.delayMs += DELAY_WEIGHT * (ms + this.outputDelayMs() - this.delayMs);
    }
  }

  /** The fastest message counts; clocks that drift apart are followed, slowly. */
  noteClock(apartMs) {
    if (Number.isNaN(this.offsetMs) || apartMs < this.offsetMs) this.offsetMs = apartMs;
    else this.offsetMs += OFFSET_RISE_MS;
  }

  heardAt(atMs) {
    if (Number.isNaN(this.offsetMs)) return null;
    this.heard.sample = atMs - this.offsetMs - this.delayMs;
    return this.heard;
  }
}

/** Base64 of whole rows, or null. */
function rowsOf(text) {
  if (text.length > MAX_ROWS * 96) return null;
  try {
    const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    return bytes.length > 0 && bytes.length % MOTION_BYTES === 0 ? bytes : null;
  } catch {
    return null;
  }
}
