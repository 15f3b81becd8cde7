// How long a picture takes from the call that draws it until it is drawn: next to nothing where a
// graphics card draws, tens of milliseconds where a processor has to. A fence behind the drawing tells.

const EVERY_MS = 500;
const POLL_MS = 1;
const GIVEN_UP_AFTER_MS = 500;
const PROBES = 9;

/** Looks at one drawing in many; makes no object for the others. */
export class DrawDelay {
  /** @param {WebGL2RenderingContext} gl */
  constructor(gl) {
    this.gl = gl;
    this.probes = new Float64Array(PROBES);
    this.sorted = new Float64Array(PROBES);
    this.count = 0;
    this.fence = null;
    this.beganMs = -Infinity;
    /** Median of the last looks. */
    this.medianMs = 0;
    this.onPoll = () => this.poll();
  }

  /** A picture has just been asked for; `nowMs` is when that began. */
  note(nowMs) {
    if (this.fence !== null || nowMs - this.beganMs < EVERY_MS) return;
    this.fence = this.gl.fenceSync(this.gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    if (this.fence === null) return;
    this.gl.flush();
    this.beganMs = nowMs;
    setTimeout(this.onPoll, POLL_MS);
  }

  /** Forget what was seen, as when the context is lost. */
  reset() {
    this.fence = null;
    this.count = 0;
    this.medianMs = 0;
  }

  poll() {
    const { gl, fence } = this;
    if (fence === null) return;
    const tookMs = performance.now() - this.beganMs;
    const isDrawn = gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.SIGNALED;
    if (!isDrawn && tookMs < GIVEN_UP_AFTER_MS && !gl.isContextLost()) {
      setTimeout(this.onPoll, POLL_MS);
      return;
    }
    gl.deleteSync(fence);
    this.fence = null;
    if (isDrawn) this.keep(tookMs);
  }

  keep(tookMs) {
    this.probes[this.count % PROBES] = tookMs;
    this.count += 1;
    const known = Math.min(this.count, PROBES);
    this.sorted.fill(Infinity);
    for (let i = 0; i < known; i += 1) this.sorted[i] = this.probes[i];
    this.sorted.sort();
    this.medianMs = this.sorted[known >> 1];
  }
}
