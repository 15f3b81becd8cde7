// The microphone as Int16 pieces with a level, until it is stopped.

export class Microphone {
  /** onPiece(Int16Array, rateHz, level 0..1) is called about fifty times a second. */
  constructor(onPiece) {
    this.onPiece = onPiece;
    this.stream = null;
    this.context = null;
  }

  get isOn() {
    return this.stream !== null;
  }

  async start() {
    const constraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    this.context = new AudioContext();
    await this.context.audioWorklet.addModule("microphone-worklet.js");
    const source = this.context.createMediaStreamSource(this.stream);
    const tap = new AudioWorkletNode(this.context, "vasa-microphone", { numberOfOutputs: 0 });
    tap.port.onmessage = (event) => this.take(event.data);
    source.connect(tap);
  }

  take(piece) {
    if (!this.isOn) return;
    const pcm = new Int16Array(piece.length);
    let energy = 0;
    for (let i = 0; i < piece.length; i += 1) {
      const value = Math.max(-1, Math.min(1, piece[i]));
      energy += value * value;
      pcm[i] = Math.round(value * 32767);
    }
    const loudness = Math.sqrt(energy / piece.length);
    this.onPiece(pcm, this.context.sampleRate, Math.min(1, loudness * 6));
  }

  async stop() {
    if (!this.stream) return;
    for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    const { context } = this;
    this.context = null;
    await context.close();
  }
}
