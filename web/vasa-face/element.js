// <vasa-face src="iris.vface">: a face that fills its box, at the screen's density.

import { FaceDrawing } from "./drawing.js";
import { FaceFileError, readFaceFile } from "./face-file.js";
import { ROW } from "./motion.js";
import { FacePlayer } from "./player.js";

const MAX_FILE_BYTES = 1 << 25;
const SIGN_STYLE = {
  position: "absolute", top: "3%", right: "3%", padding: "0.15em 0.5em", borderRadius: "0.4em",
  background: "rgb(0 0 0 / 55%)", color: "white", font: "600 14px system-ui, sans-serif", pointerEvents: "none",
};

/**
 * Attributes: `src`, the address of a `.vface` file; `background`, "plate" (the portrait's own, as
 * usual) or "none" (transparent); `label`, what tells viewers that the face is made: "AI" where it is
 * missing, nothing where it is empty.
 *
 * Events: "ready", the face is drawn, at rest; "error", detail is why there is none; "lost" and
 * "restored", of the drawing context.
 */
export class VasaFaceElement extends HTMLElement {
  static observedAttributes = ["src", "background", "label"];

  constructor() {
    super();
    this.drawing = null;
    this.player = null;
    this.loading = 0;
    this.edgePx = 512;
    this.observer = new ResizeObserver((entries) => this.fit(entries[entries.length - 1].contentRect));
    const root = this.attachShadow({ mode: "open" });
    this.box = document.createElement("div");
    Object.assign(this.box.style, { width: "100%", height: "100%", display: "grid", placeItems: "center" });
    this.sign = document.createElement("span");
    Object.assign(this.sign.style, SIGN_STYLE);
    root.append(this.box, this.sign);
    this.showLabel();
  }

  showLabel() {
    const text = this.getAttribute("label") ?? "AI";
    this.sign.textContent = text;
    this.sign.hidden = text === "";
  }

  connectedCallback() {
    if (!this.style.display) this.style.display = "block";
    if (!this.style.aspectRatio) this.style.aspectRatio = "1";
    if (!this.style.position) this.style.position = "relative";
    this.observer.observe(this);
    if (this.getAttribute("src") && !this.drawing) this.load();
  }

  disconnectedCallback() {
    this.observer.disconnect();
    this.close();
  }

  attributeChangedCallback(name, before, after) {
    if (name === "label") this.showLabel();
    else if (this.isConnected && before !== after) this.load();
  }

  /** Show one frame's motion now. */
  show(row) {
    return this.drawing !== null && this.drawing.draw(row);
  }

  /**
   * Follow a clock from now on; motion is then pushed to the player that is returned.
   * @param {import("./player.js").Clock} clock
   * @param {number} rateHz
   */
  follow(clock, rateHz) {
    if (this.drawing === null) throw new Error("no face is loaded yet; wait for the event ready");
    this.player?.stop();
    this.player = new FacePlayer(this.drawing, clock, rateHz);
    this.player.start();
    return this.player;
  }

  /** Take the face away and free what it holds. */
  close() {
    this.loading += 1;
    this.player?.stop();
    this.drawing?.close();
    this.player = null;
    this.drawing = null;
    this.box.replaceChildren();
  }

  /** Load what `src` names; the events tell how it went. */
  async load() {
    this.close();
    const mine = this.loading;
    const src = this.getAttribute("src");
    if (!src) return;
    try {
      const face = await readFaceFile(await fetchBytes(new URL(src, document.baseURI)));
      if (mine !== this.loading) return;
      const drawing = await this.draw(face);
      if (mine === this.loading) this.begin(drawing);
      else drawing.close();
    } catch (problem) {
      if (mine === this.loading) this.dispatchEvent(new CustomEvent("error", { detail: problem }));
    }
  }

  async draw(face) {
    const canvas = document.createElement("canvas");
    Object.assign(canvas.style, { maxWidth: "100%", maxHeight: "100%", width: "100%", objectFit: "contain" });
    canvas.width = this.edgePx;
    canvas.height = this.edgePx;
    const background = this.getAttribute("background") === "none" ? "none" : "plate";
    return FaceDrawing.make(canvas, face, { background });
  }

  begin(drawing) {
    this.drawing = drawing;
    for (const type of ["lost", "restored", "error"]) {
      drawing.addEventListener(type, (event) => this.dispatchEvent(new CustomEvent(type, { detail: event.detail })));
    }
    this.box.replaceChildren(drawing.canvas);
    drawing.resize(this.edgePx);
    drawing.draw(new Float32Array(ROW));
    this.dispatchEvent(new CustomEvent("ready", { detail: drawing.face }));
  }

  fit({ width, height }) {
    const edge = Math.min(width, height || width);
    if (edge <= 0) return;
    this.edgePx = Math.round(edge * (window.devicePixelRatio || 1));
    this.drawing?.resize(this.edgePx);
  }
}

/** The bytes of a file, never more than a face may have. */
async function fetchBytes(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new FaceFileError(`${url} cannot be had: ${answer.status}`);
  if (Number(answer.headers.get("content-length") ?? 0) > MAX_FILE_BYTES) throw new FaceFileError("the file is too large");
  const bytes = await answer.arrayBuffer();
  if (bytes.byteLength > MAX_FILE_BYTES) throw new FaceFileError("the file is too large");
  return bytes;
}

if (!customElements.get("vasa-face")) customElements.define("vasa-face", VasaFaceElement);
