// Hands microphone sound to the page in pieces of 20 ms or a little more.

class MicrophoneTap extends AudioWorkletProcessor {
  constructor() {
    super();
    this.length = Math.ceil(sampleRate / 50);
    this.piece = new Float32Array(this.length);
    this.filled = 0;
  }

  process(inputs) {
    const input = inputs[0][0];
    if (!input) return true;
    for (const value of input) {
      this.piece[this.filled] = value;
      this.filled += 1;
      if (this.filled === this.length) {
        this.port.postMessage(this.piece, [this.piece.buffer]);
        this.piece = new Float32Array(this.length);
        this.filled = 0;
      }
    }
    return true;
  }
}

registerProcessor("vasa-microphone", MicrophoneTap);
