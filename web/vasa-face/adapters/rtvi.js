// A face for Pipecat's RTVI client: VasaMotionService's server messages, drawn in step with the voice
// that comes by WebRTC.
//
//     const face = new RtviFace(drawing);
//     client.on("serverMessage", (data) => face.take(data));      // or callbacks.onServerMessage
//     face.listenTo(receiver);                                     // the RTCRtpReceiver of the voice
//     face.start();
//
// A message says when its sound is handed to the line, on the sender's clock. The fastest message so
// far tells how that clock stands against ours; how long the voice then waits before it is heard, the
// receiver's own statistics tell, as a mean. Its packets count the sender's time, too, from a beginning
// of their own: that beginning is found from the means and holds for the whole call. From then on
// the packet that is being played says what is heard, whatever the way does. How late the sender's own
// line is, messages tell that ride in it; what the sound card adds, the statistics of the playout, where
// the browser has them.

import { MOTION_BYTES } from "../motion.js";
import { FacePlayer } from "../player.js";

const CLOCK_HZ = 1000;
const USUAL_DELAY_MS = 90;
const LOOK_EVERY_MS = 100;
const LOOKS_PER_REPORT = 5;
const DELAY_WEIGHT = 0.3;
const RTP_WRAP = 2 ** 32;
/** From the line's word to its sound: the 10 ms that are just being played, the packet's 20, and the 6.5
 * that Opus looks ahead, less what the word itself takes. */
const PACKET_MS = 35;
const MOST_LATE_MS = 2000;
/** Words of the line that count: one of them may have been held up on its way. */
const LINES = 3;
/** Packets are played in pieces: their place is smoothed, unless it has jumped. */
const PLACE_WEIGHT = 0.2;
const JUMP_MS = 80;
/** Reports that the packets' beginning is a mean of, at most. */
const LONGEST_MEMORY = 60;
const OFFSET_RISE_MS = 0.02;
const MAX_ROWS = 64;

/** Draws what a VasaMotionService sends. */
export class RtviFace {
  /**
   * @param {import("../drawing.js").FaceDrawing | null} drawing null: set `player.drawing` later
   * @param {() => number} [outputDelayMs] what the sound card adds to the receiver's own delay, for
   *   browsers whose statistics do not tell
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
    this.forgetPackets();
    this.forgetCard();
    this.lines = new Float64Array(LINES);
    this.sorted = new Float64Array(LINES);
    this.forgetLine();
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
    this.forgetPackets();
    this.forgetLine();
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
    if (data?.type === "vasa-line") {
      this.noteLine(data, nowMs);
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
    const samples = (ms * rows.length) / MOTION_BYTES;
    this.player.push({ generation: g, sample: at, samples, isSpeech: data.s === 1 }, rows);
    return true;
  }

  /**
   * Follow the voice's receiver from now on.
   * @param {RTCRtpReceiver} receiver
   * @param {number} [packetClockHz] of its packets: 48000 for Opus
   */
  listenTo(receiver, packetClockHz = 48000) {
    clearInterval(this.timer);
    this.before = { delay: 0, count: 0 };
    this.forgetPackets();
    this.forgetCard();
    let looks = 0;
    this.timer = setInterval(() => {
      this.notePacket(receiver, packetClockHz);
      looks += 1;
      if (looks % LOOKS_PER_REPORT === 0) this.look(receiver);
    }, LOOK_EVERY_MS);
  }

  forgetPackets() {
    /** Packet time that is played, less our time; NaN: none is known. */
    this.packetAheadMs = NaN;
    this.lastPacket = NaN;
    this.packetTicks = 0;
    /** Packet time less the sender's: where the packets' count begins. */
    this.packetBeginMs = 0;
    this.reports = 0;
  }

  forgetLine() {
    /** How much later than it says the sender's line hands its sound on, packets and all. */
    this.lineMs = PACKET_MS;
    this.nLines = 0;
  }

  /** The sound before `at` has just been handed on; `n` counts these words in an utterance. */
  noteLine({ at, n }, nowMs) {
    const lateMs = nowMs - this.offsetMs - at;
    if (!(Math.abs(lateMs) < MOST_LATE_MS)) return;
    if (n === 0) this.nLines = 0;
    this.lines[this.nLines % LINES] = lateMs + PACKET_MS;
    this.nLines += 1;
    const known = Math.min(this.nLines, LINES);
    this.sorted.fill(Infinity);
    for (let i = 0; i < known; i += 1) this.sorted[i] = this.lines[i];
    this.sorted.sort();
    this.lineMs = this.sorted[(known - 1) >> 1];
  }

  forgetCard() {
    /** What the sound card adds, as the playout's statistics tell; NaN: they do not. */
    this.cardMs = NaN;
    this.playedBefore = { delay: 0, count: 0 };
  }

  /** Which packet is being played. */
  notePacket(receiver, packetClockHz) {
    const source = receiver.getSynchronizationSources?.()[0];
    if (!Number.isFinite(source?.rtpTimestamp)) return;
    if (!Number.isNaN(this.lastPacket)) {
      const step = (source.rtpTimestamp - this.lastPacket + RTP_WRAP) % RTP_WRAP;
      this.packetTicks += step < RTP_WRAP / 2 ? step : step - RTP_WRAP;
    }
    this.lastPacket = source.rtpTimestamp;
    const playedMs = source.timestamp - performance.timeOrigin;
    const aheadMs = (1000 * this.packetTicks) / packetClockHz - playedMs;
    const isJump = !(Math.abs(aheadMs - this.packetAheadMs) < JUMP_MS);
    this.packetAheadMs = isJump ? aheadMs : this.packetAheadMs + PLACE_WEIGHT * (aheadMs - this.packetAheadMs);
  }

  async look(receiver) {
    for (const report of (await receiver.getStats()).values()) {
      if (report.type === "media-playout") this.notePlayout(report);
      if (report.type !== "inbound-rtp" || !(report.jitterBufferEmittedCount > this.before.count)) continue;
      const count = report.jitterBufferEmittedCount - this.before.count;
      const ms = (1000 * (report.jitterBufferDelay - this.before.delay)) / count;
      this.before = { delay: report.jitterBufferDelay, count: report.jitterBufferEmittedCount };
      this.delayMs += DELAY_WEIGHT * (ms + this.afterReceiverMs() - this.delayMs);
      this.noteBeginning(ms);
    }
  }

  /** What the sound card adds, lately. */
  notePlayout({ totalPlayoutDelay: delay, totalSamplesCount: count }) {
    if (!(count > this.playedBefore.count)) return;
    const ms = (1000 * (delay - this.playedBefore.delay)) / (count - this.playedBefore.count);
    this.playedBefore = { delay, count };
    this.cardMs = Number.isNaN(this.cardMs) ? ms : this.cardMs + DELAY_WEIGHT * (ms - this.cardMs);
  }

  afterReceiverMs() {
    return Number.isNaN(this.cardMs) ? this.outputDelayMs() : this.cardMs;
  }

  /** One report more of how long the voice waits. */
  noteBeginning(waitedMs) {
    if (Number.isNaN(this.packetAheadMs) || Number.isNaN(this.offsetMs)) return;
    const beginMs = this.packetAheadMs + this.offsetMs + waitedMs;
    this.reports = Math.min(LONGEST_MEMORY, this.reports + 1);
    this.packetBeginMs += (beginMs - this.packetBeginMs) / this.reports;
  }

  /** The fastest message counts; clocks that drift apart are followed, slowly. */
  noteClock(apartMs) {
    if (Number.isNaN(this.offsetMs) || apartMs < this.offsetMs) this.offsetMs = apartMs;
    else this.offsetMs += OFFSET_RISE_MS;
  }

  heardAt(atMs) {
    if (Number.isNaN(this.offsetMs)) return null;
    const cameMs = this.reports > 0
      ? atMs - this.afterReceiverMs() + this.packetAheadMs - this.packetBeginMs
      : atMs - this.offsetMs - this.delayMs;
    this.heard.sample = cameMs - this.lineMs;
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
