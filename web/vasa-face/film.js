// A film in a page: a face, its motion and its sound, all in the file; play, pause, seek, offline.
//
// Expects, in elements of the page, base64 texts `film-face` (a .vface file), `film-motion` (70 bytes a
// frame) and, if it sounds, `film-sound`; and a canvas `film-canvas`, a button `film-play`, a range
// `film-place`, texts `film-time` and `film-problem`. `data-fps` of the motion says its rate.

import { FaceDrawing } from "./drawing.js";
import { readFaceFile } from "./face-file.js";
import { MOTION_BYTES, readMotion, ROW } from "./motion.js";

const byId = (id) => document.getElementById(id);

/** The motion of a film, at any moment. */
export class FilmMotion {
  /**
   * @param {Uint8Array} bytes MOTION_BYTES for each frame
   * @param {number} fps
   */
  constructor(bytes, fps) {
    this.fps = fps;
    this.frames = Math.floor(bytes.length / MOTION_BYTES);
    this.rows = new Float32Array(this.frames * ROW);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < this.frames; i += 1) readMotion(view, i * MOTION_BYTES, this.rows, i * ROW);
  }

  get duration() {
    return this.frames / this.fps;
  }

  /** The row at a second of the film; a frame is right in its middle. */
  at(second, out) {
    const place = Math.min(this.frames - 1, Math.max(0, second * this.fps - 0.5));
    const i = Math.min(Math.floor(place), Math.max(0, this.frames - 2));
    const next = Math.min(i + 1, this.frames - 1);
    for (let k = 0; k < ROW; k += 1) {
      const low = this.rows[i * ROW + k];
      out[k] = low + (place - i) * (this.rows[next * ROW + k] - low);
    }
  }
}

function bytesIn(id) {
  const text = byId(id).textContent.trim();
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}

/** Where a film is that has no sound: a clock of its own, with the few words of a media element. */
class Silence {
  constructor(duration) {
    this.duration = duration;
    this.paused = true;
    this.place = 0;
    this.beganMs = 0;
  }

  get currentTime() {
    const now = this.paused ? this.place : this.place + (performance.now() - this.beganMs) / 1000;
    if (now < this.duration) return now;
    this.paused = true;
    this.place = this.duration;
    return this.duration;
  }

  set currentTime(second) {
    this.place = second;
    this.beganMs = performance.now();
  }

  async play() {
    if (this.currentTime >= this.duration) this.place = 0;
    this.beganMs = performance.now();
    this.paused = false;
  }

  pause() {
    this.place = this.currentTime;
    this.paused = true;
  }
}

function clockText(second) {
  return `${Math.floor(second / 60)}:${String(Math.floor(second % 60)).padStart(2, "0")}`;
}

/** Show the film of this page; resolves when its first picture is there. */
export async function showFilm() {
  const motion = new FilmMotion(bytesIn("film-motion"), Number(byId("film-motion").dataset.fps));
  const face = await readFaceFile(bytesIn("film-face").buffer);
  const drawing = await FaceDrawing.make(byId("film-canvas"), face);
  const sound = byId("film-sound") ? soundOf(bytesIn("film-sound")) : new Silence(motion.duration);
  const row = new Float32Array(ROW);
  const box = byId("film-canvas");
  const fit = () => drawing.resize(box.getBoundingClientRect().width * window.devicePixelRatio);
  new ResizeObserver(fit).observe(box);
  fit();
  const tick = () => {
    motion.at(sound.currentTime, row);
    drawing.draw(row, performance.now() / 1000);
    showPlace(sound, motion.duration);
    requestAnimationFrame(tick);
  };
  tick();
  byId("film-play").addEventListener("click", () => toggle(sound));
  box.addEventListener("click", () => toggle(sound));
  byId("film-place").addEventListener("input", (event) => {
    sound.currentTime = (Number(event.target.value) / 1000) * motion.duration;
  });
  return { motion, drawing, sound };
}

function soundOf(bytes) {
  return new Audio(URL.createObjectURL(new Blob([bytes], { type: "audio/webm; codecs=opus" })));
}

function toggle(sound) {
  if (sound.paused) sound.play().catch((problem) => { byId("film-problem").textContent = problem.message; });
  else sound.pause();
}

function showPlace(sound, duration) {
  const second = Math.min(sound.currentTime, duration);
  const button = byId("film-play");
  const label = sound.paused ? "Play" : "Pause";
  if (button.textContent !== label) button.textContent = label;
  if (document.activeElement !== byId("film-place") || !sound.paused) byId("film-place").value = (1000 * second) / duration;
  const text = `${clockText(second)} / ${clockText(duration)}`;
  if (byId("film-time").textContent !== text) byId("film-time").textContent = text;
}
