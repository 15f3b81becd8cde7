// One conversation with one character: the wire, the voice, its clock and the face together.

import { VoiceClock } from "./clock.js";
import { Face } from "./face.js";
import { MotionFace } from "./motion-face.js";
import { HEADER_BYTES, PICTURE, SOUND, Wire } from "./wire.js";

const VOICE_RATE_HZ = 24000;
const PLAYHEAD_EVERY_MS = 250;
const WATCH_EVERY_MS = 40;
/** Of motion: a sixth of a second comes together. */
const FRAMES_PER_MESSAGE = 4;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 8000;
/** The reason of a server that leaves and sends its viewers to another one. */
const SENT_ON = "come back";

/**
 * Events (CustomEvent): "welcome", "opened", "state" (connecting, idle, listening, thinking,
 * speaking, offline), "caption" (text or ""), "problem" (text), "undrawable" (why the face cannot be
 * drawn here).
 */
export class Conversation extends EventTarget {
  constructor(canvas, liveCanvas, room, token) {
    super();
    this.token = token;
    this.context = makeContext();
    this.clock = new VoiceClock(this.context);
    this.pictures = new Face(canvas, room, this.clock);
    this.motion = new MotionFace(liveCanvas, room, this.clock, () => this.emit("undrawable", "the graphics context is lost"));
    this.face = this.pictures;
    this.wire = new Wire({
      onMedia: (packet) => this.takeMedia(packet),
      onEvent: (message) => this.takeEvent(message),
      onClose: (reason) => this.lost(reason),
    });
    this.voice = null;
    this.gain = null;
    this.welcome = null;
    this.character = null;
    this.codec = "jpeg";
    this.generation = 0;
    this.lastSample = 0;
    this.utterances = new Map();
    this.attention = "idle";
    this.state = "connecting";
    this.caption = "";
    this.asked = null;
    this.answerMs = null;
    this.retryMs = FIRST_RETRY_MS;
    this.resume = null;
    this.received = { pictures: 0, pictureBytes: 0, soundSamples: 0 };
    window.setInterval(() => this.watch(), WATCH_EVERY_MS);
    window.setInterval(() => this.reportPlayhead(), PLAYHEAD_EVERY_MS);
  }

  emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  async start() {
    await this.context.audioWorklet.addModule("voice-worklet.js");
    this.voice = new AudioWorkletNode(this.context, "vasa-voice", { numberOfInputs: 0, outputChannelCount: [1] });
    this.voice.port.onmessage = (event) => this.clock.note(event.data);
    this.gain = new GainNode(this.context);
    this.voice.connect(this.gain).connect(this.context.destination);
    await this.connect();
  }

  async connect() {
    try {
      this.welcome = await this.wire.connect(this.token);
    } catch {
      return; // onClose has said why
    }
    this.retryMs = FIRST_RETRY_MS;
    this.emit("welcome", this.welcome);
  }

  /** Try again; what was not said to its end is said then, from the sentence that broke off. */
  lost(reason) {
    if (this.resume) this.resume.texts.push(...unsaid(this.utterances));
    this.utterances.clear();
    let waitMs = this.retryMs * (0.5 + Math.random());
    if (reason === SENT_ON) {
      waitMs = this.unheardMs();
    } else {
      this.setState("offline");
      this.setCaption("");
      this.emit("problem", `Not connected: ${reason}. Trying again.`);
    }
    window.setTimeout(() => this.connect(), waitMs);
    this.retryMs = Math.min(LAST_RETRY_MS, this.retryMs * 2);
  }

  /** How long what has come is still to be heard. */
  unheardMs() {
    const heard = this.isAudible ? this.clock.heardAt(performance.now()) : null;
    if (!heard || heard.generation !== this.generation) return 0;
    const unheard = (this.lastSample - heard.sample) / this.context.sampleRate;
    return Math.max(0, Math.min(1, unheard)) * 1000;
  }

  /** Bring a character to life; the one before leaves. */
  async open(character, codec = this.codec) {
    if (this.character) {
      this.character = null;
      await this.wire.ask({ type: "close" }).catch(() => {});
    }
    this.codec = codec;
    this.generation = 0;
    this.utterances.clear();
    const rateHz = this.context.sampleRate;
    this.showFace(character, codec, rateHz);
    this.clock.clear();
    this.voice.port.postMessage({ type: "reset", generation: 0 });
    this.setState("connecting");
    const wishes = { character, codec, sample_rate_hz: rateHz, size_px: 512, leaps: true, frames_per_message: FRAMES_PER_MESSAGE };
    const before = this.resume && this.resume.character === character ? this.resume : null;
    if (before) Object.assign(wishes, { resume: before.token, controls: before.controls });
    const opened = await this.wire.ask({ type: "open", ...wishes });
    this.resume = { character, token: opened.resume, controls: before ? before.controls : {}, texts: [] };
    this.character = character;
    this.attention = "idle";
    this.setState("idle");
    this.emit("opened", opened);
    for (const text of before ? before.texts : []) await this.say(text);
    return opened;
  }

  /** Show what comes next by its codec: pictures as they come, motion drawn here. */
  showFace(character, codec, rateHz) {
    const isDrawn = codec === "motion";
    this.face = isDrawn ? this.motion : this.pictures;
    this.motion.canvas.hidden = !isDrawn;
    this.pictures.canvas.hidden = isDrawn;
    this.motion.close();
    if (!isDrawn) {
      this.pictures.begin(rateHz, 512, codec);
      return;
    }
    const { face } = this.welcome.characters.find((known) => known.id === character);
    this.motion.begin(rateHz, face, this.token).catch((problem) => this.emit("undrawable", problem.message));
  }

  /** Sound may start only after the visitor did something; call this from a click or a key. */
  async wake() {
    if (this.context.state !== "running") await this.context.resume();
  }

  get isAudible() {
    return this.context.state === "running";
  }

  setMuted(isMuted) {
    this.gain.gain.value = isMuted ? 0 : 1;
  }

  async say(text) {
    const askedMs = performance.now();
    const accepted = await this.wire.ask({ type: "say", text });
    const known = this.utterances.get(accepted.utterance) || {};
    this.utterances.set(accepted.utterance, { ...known, text, askedMs });
  }

  pushSpeech(pcm, rateHz, isFlush) {
    if (isFlush) this.asked = performance.now();
    this.wire.pushSpeech(pcm, rateHz, isFlush);
  }

  /** Barge-in: silence now, the face follows within a few frames. */
  interrupt() {
    this.generation += 1;
    this.voice.port.postMessage({ type: "silence", generation: this.generation });
    this.face.setGeneration(this.generation);
    this.utterances.clear();
    this.resume.texts = [];
    this.setCaption("");
    this.wire.ask({ type: "interrupt" }).catch((problem) => this.emit("problem", problem.message));
  }

  setControls(controls) {
    if (!this.character) return;
    Object.assign(this.resume.controls, controls);
    this.wire.ask({ type: "set_controls", controls }).catch((problem) => this.emit("problem", problem.message));
  }

  setAttention(attention) {
    this.attention = attention;
    this.wire.tell({ type: "set_state", state: attention });
    this.watch();
  }

  stats() {
    return this.wire.ask({ type: "get_stats" });
  }

  // -- what comes ------------------------------------------------------------------------

  takeMedia(packet) {
    if (!this.voice || packet.generation < this.generation) return;
    const { generation, sample, samples } = packet;
    this.lastSample = sample + samples;
    if (packet.kind === SOUND) {
      const pcm = new Int16Array(packet.payload.slice().buffer);
      this.received.soundSamples += samples;
      this.voice.port.postMessage({ type: "sound", generation, sample, samples, pcm }, [pcm.buffer]);
    } else if (packet.kind === PICTURE) {
      this.received.pictures += 1;
      this.received.pictureBytes += packet.payload.length + HEADER_BYTES;
      this.voice.port.postMessage({ type: "sound", generation, sample, samples });
      this.face.push(packet);
    }
  }

  takeEvent(message) {
    if (message.type === "utterance_started") {
      const known = this.utterances.get(message.utterance) || {};
      const askedMs = known.askedMs ?? this.asked;
      this.utterances.set(message.utterance, { ...known, askedMs, start: message.sample, generation: message.generation });
    } else if (message.type === "utterance_ended") {
      const known = this.utterances.get(message.utterance);
      if (known) known.end = message.sample;
    } else if (message.type === "sentence") {
      const known = this.utterances.get(message.utterance) || {};
      const sentences = [...(known.sentences || []), { sample: message.sample, text: message.text }];
      this.utterances.set(message.utterance, { ...known, sentences });
    } else if (message.type === "interrupted") {
      this.generation = Math.max(this.generation, message.generation);
      this.face.setGeneration(this.generation);
    } else if (message.type === "error" && message.code !== "shutting_down") {
      this.emit("problem", message.message);
    }
  }

  // -- what is heard ----------------------------------------------------------------------

  watch() {
    if (!this.character || !this.wire.isOpen) return;
    const heard = this.clock.heardAt(performance.now());
    let spoken = null;
    for (const [number, utterance] of this.utterances) {
      if (utterance.start === undefined || !heard || heard.generation !== utterance.generation) continue;
      if (utterance.end !== undefined && heard.sample >= utterance.end) {
        this.utterances.delete(number);
      } else if (heard.sample >= utterance.start && this.isAudible) {
        spoken = utterance;
      }
    }
    if (spoken && spoken.askedMs !== undefined && spoken.askedMs !== null) {
      const sinceMs = ((heard.sample - spoken.start) / this.context.sampleRate) * 1000;
      this.answerMs = performance.now() - sinceMs - spoken.askedMs;
      spoken.askedMs = null;
      this.asked = null;
    }
    this.setCaption(spoken ? captionOf(spoken, heard.sample) : "");
    this.setState(spoken ? "speaking" : this.isWorking() ? "thinking" : this.attention);
  }

  /** Whether something was asked for and is not heard yet. */
  isWorking() {
    for (const utterance of this.utterances.values()) if (utterance.text) return true;
    return false;
  }

  reportPlayhead() {
    const heard = this.isAudible && this.character ? this.clock.heardAt(performance.now()) : null;
    if (heard && heard.isRunning && heard.sample >= 0) {
      this.wire.tell({ type: "playhead", sample: Math.floor(heard.sample) });
    }
  }

  setState(state) {
    if (state === this.state) return;
    this.state = state;
    this.emit("state", state);
  }

  setCaption(text) {
    if (text === this.caption) return;
    this.caption = text;
    this.emit("caption", text);
  }
}

/** Texts that were asked for and not said to their end, each from its last sentence that began. */
function unsaid(utterances) {
  const rests = [];
  for (const { text, sentences = [], end } of utterances.values()) {
    if (!text || end !== undefined) continue;
    let at = 0;
    for (const sentence of sentences) at = Math.max(at, text.indexOf(sentence.text.trim(), at));
    rests.push(text.slice(at));
  }
  return rests;
}

/** The sentence that is heard, as far as the words are known. */
function captionOf(utterance, sample) {
  const begun = (utterance.sentences || []).filter((sentence) => sentence.sample <= sample);
  return begun.length ? begun[begun.length - 1].text : "";
}

function makeContext() {
  const options = { latencyHint: "interactive" };
  try {
    return new AudioContext({ ...options, sampleRate: VOICE_RATE_HZ });
  } catch {
    return new AudioContext(options); // the server then resamples to the rate that there is
  }
}
