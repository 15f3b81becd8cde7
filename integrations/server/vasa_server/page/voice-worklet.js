// Plays the voice sample by sample along the session's clock, and tells where it is.
//
// The position is the index of the next sample to play. Up to `horizon` everything is known: sound
// where there is speech, silence elsewhere. Speech is never stretched; silence is elastic, a little
// faster or slower, until as much is in hand as wanted. When speech begins the position leaps to it.

const REPORT_BLOCKS = 12;
const MIN_TARGET_S = 0.08;
const MAX_TARGET_S = 0.4;
const TARGET_STEP_S = 0.02;
const LEVEL_WEIGHT = 0.03;
const ELASTICITY = 2.5;
const SLOWEST = 0.75;
const FASTEST = 1.35;
const FAR_BEHIND_S = 0.6;
const FADE_SAMPLES = 128;

class VoicePlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.targetS = MIN_TARGET_S;
    this.underruns = 0;
    this.leaps = 0;
    this.blocks = 0;
    this.fade = null;
    this.lastValue = 0;
    this.restart(0);
    this.port.onmessage = (event) => this.take(event.data);
  }

  restart(generation) {
    if (this.isRunning && this.lastValue !== 0) this.fade = { value: this.lastValue, left: FADE_SAMPLES };
    this.generation = generation;
    this.chunks = [];
    this.position = 0;
    this.horizon = 0;
    this.hasStart = false;
    this.isRunning = false;
    this.rate = 1;
    this.levelS = this.targetS;
    this.lastSpeech = -Infinity;
  }

  take(message) {
    if (message.type === "reset" || message.type === "silence") {
      if (message.type === "reset" || message.generation >= this.generation) this.restart(message.generation);
      if (message.type === "reset") this.targetS = MIN_TARGET_S;
      this.report();
      return;
    }
    if (message.generation < this.generation) return;
    if (message.generation > this.generation) this.restart(message.generation);
    if (!this.hasStart) {
      this.hasStart = true;
      this.position = message.sample;
      this.horizon = message.sample;
    }
    this.horizon = Math.max(this.horizon, message.sample + message.samples);
    if (message.pcm) this.chunks.push({ first: message.sample, pcm: message.pcm });
    this.leap();
  }

  report() {
    this.port.postMessage({
      time: currentTime,
      position: this.position,
      rate: this.isRunning ? this.rate : 0,
      isRunning: this.isRunning,
      generation: this.generation,
      bufferedS: this.bufferedS(),
      targetS: this.targetS,
      underruns: this.underruns,
      leaps: this.leaps,
    });
  }

  bufferedS() {
    return (this.horizon - this.position) / sampleRate;
  }

  /** Silence before speech that is already here in sufficient length is left out. */
  leap() {
    if (!this.isRunning || !this.chunks.length) return;
    const { first } = this.chunks[0];
    if (first <= this.position || (this.horizon - first) / sampleRate < this.targetS) return;
    this.position = first;
    this.leaps += 1;
    this.report();
  }

  /** Write a block of speech (or of nothing); false when it is silence throughout. */
  fill(out) {
    const end = this.position + out.length;
    let hasSound = false;
    for (const chunk of this.chunks) {
      if (chunk.first >= end) break;
      const from = Math.max(this.position, chunk.first);
      const to = Math.min(end, chunk.first + chunk.pcm.length);
      for (let s = from; s < to; s += 1) out[s - this.position] = chunk.pcm[s - chunk.first] / 32768;
      if (to > from) {
        this.lastSpeech = to;
        hasSound = true;
      }
    }
    while (this.chunks.length && this.chunks[0].first + this.chunks[0].pcm.length <= end) this.chunks.shift();
    return hasSound;
  }

  /** Choose how fast silence passes: 1 when as much as wanted is in hand. */
  bendSilence(isSilent) {
    this.levelS += LEVEL_WEIGHT * (this.bufferedS() - this.levelS);
    let rate = 1;
    if (isSilent) {
      const spareS = this.levelS - this.targetS;
      if (spareS > FAR_BEHIND_S && !this.chunks.length) {
        this.position = this.horizon - Math.round(this.targetS * sampleRate);
        this.levelS = this.targetS;
      }
      rate = Math.min(FASTEST, Math.max(SLOWEST, 1 + ELASTICITY * spareS));
      if (Math.abs(rate - 1) < 0.04) rate = 1;
    }
    if (Math.abs(rate - this.rate) > 0.02 || (rate === 1 && this.rate !== 1)) {
      this.rate = rate;
      this.report();
    }
  }

  stall() {
    this.isRunning = false;
    if (this.position - this.lastSpeech < sampleRate * 0.05 && this.chunks.length === 0) {
      this.underruns += 1;
      this.targetS = Math.min(MAX_TARGET_S, this.targetS + TARGET_STEP_S);
    }
    this.report();
  }

  advance(out) {
    const startsAt = this.chunks.length ? this.chunks[0].first : Infinity;
    const isSilent = startsAt >= this.position + out.length * FASTEST;
    this.bendSilence(isSilent);
    const steps = isSilent ? Math.round(out.length * this.rate) : out.length;
    if (this.horizon - this.position < steps) {
      this.stall();
      return;
    }
    if (!isSilent) this.fill(out);
    this.position += steps;
  }

  process(inputs, outputs) {
    const out = outputs[0][0];
    out.fill(0);
    if (!this.isRunning && this.hasStart && this.bufferedS() >= this.targetS) {
      this.isRunning = true;
      this.levelS = this.bufferedS();
      this.rate = 1;
      this.leap();
      this.report();
    }
    if (this.isRunning) this.advance(out);
    this.lastValue = out[out.length - 1];
    if (this.fade) {
      for (let i = 0; i < out.length && this.fade.left > 0; i += 1, this.fade.left -= 1) {
        out[i] += this.fade.value * (this.fade.left / FADE_SAMPLES);
      }
      if (this.fade.left <= 0) this.fade = null;
    }
    this.blocks += 1;
    if (this.blocks % REPORT_BLOCKS === 0) this.report();
    return true;
  }
}

registerProcessor("vasa-voice", VoicePlayer);
