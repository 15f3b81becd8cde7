// Decodes pictures and draws each when the sound that belongs to it is heard.

import { CODEC_H264 } from "./wire.js";

const MAX_WAITING = 60;
const SKEW_HISTORY = 250;
const ROOM_EVERY_MS = 2000;
const ROOM_STEP = 10;

/** H.264 by WebCodecs: pictures in, frames out in order. */
class H264Pictures {
  constructor(rateHz, onFrame, onError) {
    this.rateHz = rateHz;
    this.meta = new Map();
    this.hasKey = false;
    this.decoder = new VideoDecoder({
      output: (frame) => {
        const meta = this.meta.get(frame.timestamp);
        this.meta.delete(frame.timestamp);
        if (meta) onFrame(frame, meta);
        else frame.close();
      },
      error: onError,
    });
    this.decoder.configure({ codec: "avc1.42e028", optimizeForLatency: true });
  }

  push(packet) {
    if (packet.isKey) this.hasKey = true;
    if (!this.hasKey) return;
    const timestamp = Math.round((packet.sample * 1e6) / this.rateHz);
    this.meta.set(timestamp, packet);
    this.decoder.decode(
      new EncodedVideoChunk({ type: packet.isKey ? "key" : "delta", timestamp, data: packet.payload }),
    );
  }

  close() {
    if (this.decoder.state !== "closed") this.decoder.close();
  }
}

export class Face {
  /** `canvas` shows the face; the corners of its pictures colour the room around it. */
  constructor(canvas, room, clock) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false, desynchronized: false });
    this.room = room;
    this.small = new OffscreenCanvas(4, 4).getContext("2d", { alpha: false, willReadFrequently: true });
    this.roomColours = [];
    this.clock = clock;
    this.waiting = [];
    this.order = 0;
    this.generation = 0;
    this.rateHz = 24000;
    this.h264 = null;
    this.shown = 0;
    this.skipped = 0;
    this.decodeErrors = 0;
    this.current = null;
    this.skewsMs = [];
    this.frameMs = 16.7;
    this.lastTickMs = 0;
    this.lastRoomMs = -Infinity;
    this.isRoomStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.onShown = () => {};
    requestAnimationFrame((now) => this.tick(now));
  }

  begin(rateHz, sizePx, codec) {
    this.drop(() => true);
    this.roomColours = [];
    this.lastRoomMs = -Infinity;
    this.rateHz = rateHz;
    this.generation = 0;
    this.skewsMs = [];
    this.canvas.width = sizePx;
    this.canvas.height = sizePx;
    this.current = null;
    if (this.h264) this.h264.close();
    this.h264 = null;
    if (codec === "h264") {
      this.h264 = new H264Pictures(rateHz, (frame, packet) => this.keep(frame, packet), () => {
        this.decodeErrors += 1;
      });
    }
  }

  /** Pictures before this generation are stale. */
  setGeneration(generation) {
    this.generation = generation;
    this.drop((item) => item.generation < generation);
  }

  async push(packet) {
    if (packet.generation < this.generation) return;
    if (packet.codec === CODEC_H264) {
      if (this.h264) this.h264.push(packet);
      return;
    }
    const blob = new Blob([packet.payload], { type: "image/jpeg" });
    try {
      this.keep(await createImageBitmap(blob), packet);
    } catch {
      this.decodeErrors += 1;
    }
  }

  keep(bitmap, packet) {
    if (packet.generation < this.generation) {
      bitmap.close();
      return;
    }
    const { generation, sample, samples, sequence, isSpeech } = packet;
    this.waiting.push({ bitmap, generation, sample, samples, sequence, isSpeech });
    this.waiting.sort((a, b) => a.generation - b.generation || a.sample - b.sample);
    if (this.waiting.length > MAX_WAITING) this.discard(this.waiting.shift());
  }

  discard(item) {
    item.bitmap.close();
    this.skipped += 1;
  }

  drop(isStale) {
    const kept = [];
    for (const item of this.waiting) {
      if (isStale(item)) this.discard(item);
      else kept.push(item);
    }
    this.waiting = kept;
  }

  tick(nowMs) {
    requestAnimationFrame((now) => this.tick(now));
    if (this.lastTickMs) {
      const took = Math.min(nowMs - this.lastTickMs, 100);
      this.frameMs += 0.05 * (took - this.frameMs);
    }
    this.lastTickMs = nowMs;
    if (!this.waiting.length) return;
    // What is drawn now is seen one screen refresh later.
    const heard = this.clock.heardAt(performance.now() + this.frameMs);
    const isLive = this.clock.context.state === "running" && this.clock.last !== null;
    if (!isLive) {
      while (this.waiting.length > 1) this.discard(this.waiting.shift());
      this.draw(this.waiting.shift(), null);
      return;
    }
    if (heard === null) return;
    const due = heard.sample + (this.frameMs / 2000) * this.rateHz;
    let chosen = null;
    while (this.waiting.length && this.isDue(this.waiting[0], heard.generation, due)) {
      if (chosen) this.discard(chosen);
      chosen = this.waiting.shift();
    }
    if (chosen) this.draw(chosen, heard);
  }

  isDue(item, heardGeneration, due) {
    if (item.generation !== heardGeneration) return item.generation < heardGeneration;
    return item.sample <= due;
  }

  draw(item, heard) {
    this.context.drawImage(item.bitmap, 0, 0, this.canvas.width, this.canvas.height);
    this.colourRoom(item.bitmap);
    item.bitmap.close();
    this.current = item;
    this.shown += 1;
    if (heard && heard.isRunning && heard.generation === item.generation) {
      this.skewsMs.push(((heard.sample - item.sample) / this.rateHz) * 1000);
      if (this.skewsMs.length > SKEW_HISTORY) this.skewsMs.shift();
    }
    this.onShown(item, heard);
  }

  /** The room takes the colours of the picture's four corners. */
  colourRoom(bitmap) {
    const now = performance.now();
    if (now - this.lastRoomMs < ROOM_EVERY_MS) return;
    if (this.isRoomStill && this.roomColours.length) return;
    this.lastRoomMs = now;
    this.small.drawImage(bitmap, 0, 0, 4, 4);
    const pixels = this.small.getImageData(0, 0, 4, 4).data;
    [0, 3, 12, 15].forEach((pixel, corner) => {
      const colour = [...pixels.slice(pixel * 4, pixel * 4 + 3)];
      const shown = this.roomColours[corner];
      if (shown && colour.every((value, i) => Math.abs(value - shown[i]) < ROOM_STEP)) return;
      this.roomColours[corner] = colour;
      this.room.style.setProperty(`--room-${corner}`, `rgb(${colour.join(" ")})`);
    });
  }

  /** {meanMs, worstMs, count} of picture against sound; positive = the picture is late. */
  skew() {
    const count = this.skewsMs.length;
    if (!count) return { meanMs: 0, worstMs: 0, count };
    let sum = 0;
    let worst = 0;
    for (const value of this.skewsMs) {
      sum += value;
      if (Math.abs(value) > Math.abs(worst)) worst = value;
    }
    return { meanMs: sum / count, worstMs: worst, count };
  }
}
