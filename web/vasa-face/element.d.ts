import type { Clock, FaceDrawing, FacePlayer, Row } from "./index.js";

/** `<vasa-face src="iris.vface" background="none" label="AI">`; events: "ready", "error", "lost", "restored". */
export class VasaFaceElement extends HTMLElement {
  readonly drawing: FaceDrawing | null;
  readonly player: FacePlayer | null;
  show(row: Row): boolean;
  follow(clock: Clock, rateHz: number): FacePlayer;
  load(): Promise<void>;
  close(): void;
}
declare global {
  interface HTMLElementTagNameMap { "vasa-face": VasaFaceElement }
}
