// Plays the voice sample by sample along the session's clock, and tells where it is.
//
// Position is the index of the next sample to play. Up to `horizon` everything that will be heard
// is known (sound where there is speech, silence elsewhere); when the position gets there, it waits.

const REPORT_BLOCKS = 24;
const MIN_TARGET_S = 0.08;
const MAX_TARGET_S = 0.4;
const TARGET_STEP_S = 0.02;
const WATCH_S = 1.5;
const SPARE_S = 0.06;
const FADE_SAMPLES = 128;

class VoicePlayer extends AudioWorkletProcessor {
  constructor() {
    super();
    this.chunks = [];
    this.generation = 0;
    this.position = 0;
    this.horizon = 0;
    this.hasStart = false;
    this.isRunning = false;
    this.targetS = MIN_TARGET_S;
    this.lowestS = Infinity;
    this.watchedS = 0;
    this.underruns = 0;
    this.blocks = 0;
    this.lastSpeech = -Infinity;
    this.fade = null;
    this.lastValue = 0;
    this.port.onmessage = (event) => this.take(event.data);
  }

  take(message) {
    if (message.type === "reset") {
      this.restart(message.generation);
      this.targetS = MIN_TARGET_S;
      return;
    }
    if (message.type === "silence") {
      if (message.generation >= this.generation) this.restart(message.generation);
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
  }

  restart(generation) {
    this.generation = generation;
    this.chunks = [];
    this.hasStart = false;
    if (this.isRunning && this.lastValue !== 0) this.fade = { value: this.lastValue, left: FADE_SAMPLES };
    this.isRunning = false;
    this.lowestS = Infinity;
    this.watchedS = 0;
    this.report();
  }

  report() {
    this.port.postMessage({
      time: currentTime,
      position: this.position,
      isRunning: this.isRunning,
      generation: this.generation,
      bufferedS: (this.horizon - this.position) / sampleRate,
      targetS: this.targetS,
      underruns: this.underruns,
    });
  }

  fill(out) {
    out.fill(0);
    const end = this.position + out.length;
    for (const chunk of this.chunks) {
      if (chunk.first >= end) break;
      const from = Math.max(this.position, chunk.first);
      const to = Math.min(end, chunk.first + chunk.pcm.length);
      for (let s = from; s < to; s += 1) out[s - this.position] = chunk.pcm[s - chunk.first] / 32768;
      if (to > from) this.lastSpeech = to;
    }
    while (this.chunks.length && this.chunks[0].first + this.chunks[0].pcm.length <= end) this.chunks.shift();
    this.lastValue = out[out.length - 1];
  }

  /** Too far behind for no reason: leave out silence until the delay is as asked. */
  catchUp(block) {
    const bufferedS = (this.horizon - this.position) / sampleRate;
    this.lowestS = Math.min(this.lowestS, bufferedS);
    this.watchedS += block / sampleRate;
    if (this.watchedS < WATCH_S) return;
    const spareS = this.lowestS - this.targetS;
    this.lowestS = Infinity;
    this.watchedS = 0;
    if (spareS < SPARE_S || this.position - this.lastSpeech < sampleRate * 0.25) return;
    const silent = (this.chunks.length ? this.chunks[0].first : this.horizon) - this.position;
    const jump = Math.min(Math.floor(spareS * sampleRate), silent);
    if (jump > 0) {
      this.position += jump;
      this.report();
    }
  }

  stall(isSpeech) {
    this.isRunning = false;
    if (isSpeech) {
      this.underruns += 1;
      this.targetS = Math.min(MAX_TARGET_S, this.targetS + TARGET_STEP_S);
    }
    this.report();
  }

  process(inputs, outputs) {
    const out = outputs[0][0];
    const bufferedS = (this.horizon - this.position) / sampleRate;
    if (!this.isRunning && this.hasStart && bufferedS >= this.targetS) {
      this.isRunning = true;
      this.report();
    }
    if (this.isRunning && this.horizon - this.position < out.length) {
      this.stall(this.position - this.lastSpeech < sampleRate * 0.1);
    }
    if (this.isRunning) {
      this.fill(out);
      this.position += out.length;
      this.catchUp(out.length);
    } else {
      this.lastValue = 0;
    }
    if (this.fade) {
      for (let i = 0; i < out.length && this.fade.left > 0; i += 1, this.fade.left -= 1) {
        out[i] += this.fade.value * (this.fade.left / FADE_SAMPLES);
      }
      if (this.fade.left <= 0) this.fade = null;
    }
    for (let channel = 1; channel < outputs[0].length; channel += 1) outputs[0][channel].set(out);
    this.blocks += 1;
    if (this.blocks % REPORT_BLOCKS === 0) this.report();
    return true;
  }
}

registerProcessor("vasa-voice", VoicePlayer);
