// The face drawn here: motion comes, and is drawn in step with what is heard.

import { FaceDrawing, FacePlayer, readFaceFile } from "./vasa-face/index.js";

const GIVEN_UP_AFTER_MS = 3000;
const CORNERS = [0, 3, 12, 15];

/** Same use as `Face` of face.js, for the codec motion. */
export class MotionFace {
  /** `onLost` is called when the face cannot be drawn any more. */
  constructor(canvas, room, clock, onLost) {
    this.canvas = canvas;
    this.room = room;
    this.clock = clock;
    this.onLost = onLost;
    this.drawing = null;
    this.player = new FacePlayer(null, (atMs) => this.heardAt(atMs), 24000);
    this.observer = new ResizeObserver(() => this.fit());
    this.lostTimer = null;
    this.decodeErrors = 0;
    this.onShown = () => {};
  }

  get shown() {
    return this.player.shown;
  }

  /** Milliseconds of script for one picture. */
  get scriptMs() {
    return this.player.scriptMs;
  }

  /** Load a character; motion may come meanwhile. Rejects when it cannot be drawn here. */
  async begin(rateHz, address, token) {
    this.close();
    this.player.rateHz = rateHz;
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    const answer = await fetch(address, { headers });
    if (!answer.ok) throw new Error(`the face cannot be had (${answer.status})`);
    const face = await readFaceFile(await answer.arrayBuffer());
    this.replaceCanvas();
    this.drawing = await FaceDrawing.make(this.canvas, face);
    this.drawing.addEventListener("lost", () => this.awaitReturn());
    this.drawing.addEventListener("restored", () => window.clearTimeout(this.lostTimer));
    this.drawing.addEventListener("error", () => this.onLost());
    this.observer.observe(this.canvas);
    this.fit();
    this.player.drawing = this.drawing;
    this.player.start();
    await this.colourRoom(face);
  }

  close() {
    window.clearTimeout(this.lostTimer);
    this.observer.disconnect();
    this.player.stop();
    this.player.reset();
    this.player.drawing = null;
    this.drawing?.close();
    this.drawing = null;
  }

  setGeneration(generation) {
    this.player.track.setGeneration(generation);
  }

  push(packet) {
    try {
      this.player.push(packet, packet.payload);
    } catch {
      this.decodeErrors += 1;
    }
  }

  skew() {
    return this.player.skew();
  }

  heardAt(atMs) {
    const isLive = this.clock.context.state === "running" && this.clock.last !== null;
    return isLive ? this.clock.heardAt(atMs) : null;
  }

  /** A canvas keeps its context for life; a new face gets a new one. */
  replaceCanvas() {
    const fresh = this.canvas.cloneNode(false);
    this.canvas.replaceWith(fresh);
    this.canvas = fresh;
  }

  fit() {
    const box = this.canvas.getBoundingClientRect();
    const edge = Math.max(box.width, box.height) * window.devicePixelRatio;
    if (edge > 0) this.drawing?.resize(edge);
  }

  awaitReturn() {
    window.clearTimeout(this.lostTimer);
    this.lostTimer = window.setTimeout(() => this.onLost(), GIVEN_UP_AFTER_MS);
  }

  /** The room takes the colours of the plate's four corners. */
  async colourRoom(face) {
    const small = new OffscreenCanvas(4, 4).getContext("2d", { alpha: false });
    const bitmap = await createImageBitmap(face.pictures.plate.blob);
    small.drawImage(bitmap, 0, 0, 4, 4);
    bitmap.close();
    const pixels = small.getImageData(0, 0, 4, 4).data;
    CORNERS.forEach((pixel, corner) => {
      const colour = pixels.slice(pixel * 4, pixel * 4 + 3).join(" ");
      this.room.style.setProperty(`--room-${corner}`, `rgb(${colour})`);
    });
  }
}
