// Notes when sound begins in what the page plays: the context's time of the block.

class Onsets extends AudioWorkletProcessor {
  constructor() {
    super();
    this.quiet = Infinity;
  }

  process(inputs) {
    const input = inputs[0][0];
    if (!input) return true;
    const at = input.findIndex((value) => Math.abs(value) > 0.01);
    if (at >= 0 && this.quiet > sampleRate * 0.1) this.port.postMessage(currentTime + at / sampleRate);
    this.quiet = at >= 0 ? 0 : this.quiet + input.length;
    return true;
  }
}

registerProcessor("onsets", Onsets);
