// The microphone as a parrot: it listens, then the character says the same; or it mirrors live.

import { Microphone } from "./microphone.js";

const LONGEST_S = 20;
const VOICE_LEVEL = 0.09;
const PAUSE_ENDS_S = 1.1;
const KEPT_BEFORE_S = 0.3;

export class Parrot {
  /** `onChange(isOn)` and `onLevel(0..1)` keep the button up to date. */
  constructor(conversation, onChange, onLevel) {
    this.conversation = conversation;
    this.onChange = onChange;
    this.onLevel = onLevel;
    this.isMirror = false;
    this.pieces = [];
    this.rateHz = 0;
    this.heardS = 0;
    this.quietS = 0;
    this.hasVoice = false;
    this.microphone = new Microphone((pcm, rateHz, level) => this.take(pcm, rateHz, level));
  }

  get isOn() {
    return this.microphone.isOn;
  }

  async start(isMirror) {
    this.isMirror = isMirror;
    this.pieces = [];
    this.heardS = 0;
    this.quietS = 0;
    this.hasVoice = false;
    await this.microphone.start();
    this.conversation.setMuted(isMirror);
    this.conversation.setAttention("listening");
    this.onChange(true);
  }

  /** End listening; what was heard is repeated. */
  async stop() {
    if (!this.isOn) return;
    await this.microphone.stop();
    this.onChange(false);
    this.onLevel(0);
    this.conversation.setAttention("idle");
    if (this.isMirror) {
      this.conversation.pushSpeech(new Int16Array(0), this.rateHz || 48000, true);
      this.conversation.setMuted(false);
    } else if (this.hasVoice) {
      this.repeat();
    }
  }

  take(pcm, rateHz, level) {
    this.rateHz = rateHz;
    this.onLevel(level);
    const lengthS = pcm.length / rateHz;
    if (this.isMirror) {
      this.conversation.pushSpeech(pcm, rateHz, false);
      return;
    }
    this.pieces.push(pcm);
    this.heardS += lengthS;
    if (level > VOICE_LEVEL) {
      this.hasVoice = true;
      this.quietS = 0;
    } else {
      this.quietS += lengthS;
    }
    if (!this.hasVoice) {
      while (this.pieces.length * lengthS > KEPT_BEFORE_S) this.pieces.shift();
      this.heardS = this.pieces.length * lengthS;
    }
    const isDone = this.hasVoice && (this.quietS > PAUSE_ENDS_S || this.heardS > LONGEST_S);
    if (isDone) this.stop();
  }

  repeat() {
    const last = this.pieces.length - 1;
    this.pieces.forEach((piece, index) => this.conversation.pushSpeech(piece, this.rateHz, index === last));
    this.pieces = [];
  }
}
