// The protocol, version 1: JSON control messages and binary media over one WebSocket.

const SUBPROTOCOL = "vasa.v1";
export const HEADER_BYTES = 24;
const CLIENT_HEADER_BYTES = 8;
export const SOUND = 1;
export const PICTURE = 2;
export const CODEC_H264 = 2;

export class Refusal extends Error {
  constructor(error) {
    super(error.message);
    this.code = error.code;
  }
}

/** One media message: {kind, codec, isSpeech, isKey, generation, sample, samples, sequence, payload}. */
export function unpackMedia(buffer) {
  const view = new DataView(buffer);
  const flags = view.getUint8(1);
  return {
    kind: view.getUint8(0),
    codec: view.getUint8(2),
    isSpeech: (flags & 1) !== 0,
    isKey: (flags & 2) !== 0,
    generation: view.getUint32(4, true),
    sample: Number(view.getBigUint64(8, true)),
    samples: view.getUint32(16, true),
    sequence: view.getUint32(20, true),
    payload: new Uint8Array(buffer, HEADER_BYTES),
  };
}

/** Speech to the server: Int16Array, its rate, and whether that completes the utterance. */
export function packSpeech(pcm, rateHz, isFlush) {
  const buffer = new ArrayBuffer(CLIENT_HEADER_BYTES + pcm.length * 2);
  const view = new DataView(buffer);
  view.setUint8(0, SOUND);
  view.setUint8(1, isFlush ? 1 : 0);
  view.setUint32(4, rateHz, true);
  for (let i = 0; i < pcm.length; i += 1) {
    view.setInt16(CLIENT_HEADER_BYTES + i * 2, pcm[i], true);
  }
  return buffer;
}

/** A connection. Handlers: onMedia(packet), onEvent(message), onClose(reason). */
export class Wire {
  constructor(handlers) {
    this.handlers = handlers;
    this.socket = null;
    this.waiting = new Map();
    this.nextId = 1;
  }

  /** Connect; resolves with the server's welcome. */
  connect(token) {
    const url = new URL("ws", window.location.href);
    url.protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    const offered = token ? [SUBPROTOCOL, `vasa.token.${token}`] : [SUBPROTOCOL];
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, offered);
      let wasOpen = false;
      socket.onopen = () => { wasOpen = true; };
      socket.binaryType = "arraybuffer";
      this.socket = socket;
      socket.onmessage = (event) => {
        if (typeof event.data !== "string") {
          this.handlers.onMedia(unpackMedia(event.data));
          return;
        }
        const message = JSON.parse(event.data);
        if (message.type === "welcome") {
          resolve(message);
          return;
        }
        this.settle(message);
      };
      socket.onclose = (event) => {
        const silent = wasOpen
          ? "the connection was lost"
          : "the server cannot be reached, or refused this page; its log says why";
        const reason = event.reason || silent;
        reject(new Error(reason));
        for (const { reject: fail } of this.waiting.values()) fail(new Error(reason));
        this.waiting.clear();
        if (this.socket === socket) this.handlers.onClose(reason);
      };
    });
  }

  settle(message) {
    const asked = this.waiting.get(message.reply_to);
    if (asked) {
      this.waiting.delete(message.reply_to);
      if (message.type === "error") asked.reject(new Refusal(message));
      else asked.resolve(message);
    }
    if (!asked || message.type === "interrupted") this.handlers.onEvent(message);
  }

  get isOpen() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  /** Send without waiting for an answer. */
  tell(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }

  /** Send and wait for the answer; rejects with a Refusal when the server says no. */
  ask(message) {
    if (!this.isOpen) return Promise.reject(new Error("not connected"));
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...message, id }));
    });
  }

  pushSpeech(pcm, rateHz, isFlush) {
    if (this.isOpen) this.socket.send(packSpeech(pcm, rateHz, isFlush));
  }
}
