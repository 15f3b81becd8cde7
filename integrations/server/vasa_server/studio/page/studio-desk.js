// The studio's own socket: requests and answers by number, files in pieces.

const PIECE_BYTES = 256 * 1024;

export class Desk {
  /** Handlers: onStep(text), onClose(reason). */
  constructor(token, handlers) {
    this.token = token;
    this.handlers = handlers;
    this.waiting = new Map();
    this.nextId = 1;
    this.body = null;
    this.queue = Promise.resolve();
  }

  connect() {
    const url = new URL("studio-ws", window.location.href);
    url.protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
    url.search = "";
    url.hash = "";
    const offered = this.token ? ["vasa.v1", `vasa.token.${this.token}`] : ["vasa.v1"];
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, offered);
      socket.binaryType = "arraybuffer";
      this.socket = socket;
      socket.onmessage = (event) => {
        if (typeof event.data !== "string") {
          if (this.body) this.body(event.data);
          return;
        }
        const message = JSON.parse(event.data);
        if (message.type === "welcome") resolve(message);
        else if (message.type === "step") this.handlers.onStep(message.text);
        else this.settle(message);
      };
      socket.onclose = (event) => {
        const reason = event.reason || "the studio's server is gone";
        reject(new Error(reason));
        for (const { reject: fail } of this.waiting.values()) fail(new Error(reason));
        this.waiting.clear();
        this.handlers.onClose(reason);
      };
    });
  }

  settle(message) {
    const asked = this.waiting.get(message.reply_to);
    if (!asked) return;
    this.waiting.delete(message.reply_to);
    if (message.type === "error") asked.reject(new Error(message.message));
    else asked.resolve(message);
  }

  ask(message) {
    const id = this.nextId;
    this.nextId += 1;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...message, id }));
    });
  }

  /** A file's bytes, behind each other with other files. */
  sendFile(file, options = {}) {
    const sending = this.queue.then(async () => {
      const bytes = await file.arrayBuffer();
      const answer = this.ask({ type: "file", name: file.name, size: bytes.byteLength, ...options });
      for (let at = 0; at < bytes.byteLength; at += PIECE_BYTES) {
        this.socket.send(bytes.slice(at, at + PIECE_BYTES));
      }
      return answer;
    });
    this.queue = sending.catch(() => {});
    return sending;
  }

  /** A card: {name, bytes}. */
  async exported(ending) {
    const bytes = new Promise((resolve) => { this.body = resolve; });
    try {
      const { name } = await this.ask({ type: "export", ending });
      return { name, bytes: await bytes };
    } finally {
      this.body = null;
    }
  }
}
