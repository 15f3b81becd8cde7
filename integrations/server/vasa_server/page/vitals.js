// The small read-out: skew of picture against voice, time to answer, delay, rates.

const EVERY_MS = 500;
const METER_MS = 60;

const byId = (id) => document.getElementById(id);
const ms = (value) => `${value < 0 ? "−" : ""}${Math.abs(Math.round(value))} ms`;

export class Vitals {
  constructor(conversation) {
    this.conversation = conversation;
    this.lastShown = 0;
    this.lastFace = null;
    this.lastBytes = 0;
    this.lastMs = performance.now();
    this.server = null;
    this.fps = 0;
    window.setInterval(() => this.update(), EVERY_MS);
  }

  update() {
    const { conversation } = this;
    const { face, clock } = conversation;
    const nowMs = performance.now();
    if (face === this.lastFace) this.showRates(face, (nowMs - this.lastMs) / 1000);
    this.lastFace = face;
    this.lastShown = face.shown;
    this.lastBytes = conversation.received.pictureBytes;
    this.lastMs = nowMs;
    const skew = face.skew();
    if (skew.count) {
      byId("skew-mean").textContent = ms(skew.meanMs);
      byId("skew-worst").textContent = ms(skew.worstMs);
      const at = Math.max(-1, Math.min(1, skew.meanMs / METER_MS));
      byId("meter").style.setProperty("--at", (at + 1) / 2);
      byId("needle").style.setProperty("--at", (at + 1) / 2);
      const side = skew.meanMs >= 0 ? "after" : "before";
      byId("meter").setAttribute("aria-label", `Pictures come ${ms(Math.abs(skew.meanMs))} ${side} their sound, on average`);
    }
    if (conversation.answerMs !== null) byId("answer").textContent = ms(conversation.answerMs);
    if (clock.last) byId("buffer").textContent = ms(clock.last.bufferedS * 1000);
    const isDrawnHere = conversation.codec === "motion";
    byId("drawn").textContent = isDrawnHere ? "by this browser" : "by the server";
    if (isDrawnHere) byId("render").textContent = `${face.scriptMs.toFixed(1)} ms`;
    if (!conversation.character || document.hidden) return;
    conversation.stats().then((stats) => {
      this.server = stats;
      if (!isDrawnHere) byId("render").textContent = `${stats.render_ms_p50.toFixed(1)} ms`;
    }).catch(() => {});
  }

  showRates(face, seconds) {
    const fps = (face.shown - this.lastShown) / seconds;
    this.fps = this.fps ? this.fps + 0.5 * (fps - this.fps) : fps;
    byId("rate").textContent = `${Math.round(this.fps)} fps`;
    const bytes = (this.conversation.received.pictureBytes - this.lastBytes) / seconds;
    byId("traffic").textContent = `${(bytes / 1000).toFixed(bytes < 10000 ? 1 : 0)} kB/s`;
  }
}
