// Feelings: chips to try them, their course over time, and an editor for labels of one's own.

const SHOWN_S = 8;
const WITHOUT_HOLD_S = 3;
const EDITED = ["happy", "sad", "angry", "surprised", "fearful", "disgusted", "contempt"];
const TIMES = [["onset_s", "comes in", 0.05, 3, 0.35], ["hold_s", "stays", 0, 10, 3], ["decay_s", "goes in", 0.05, 10, 1.5]];

export class Feelings {
  /** `onFeel(label, strength)`, `onLabels(labels)`. */
  constructor(byId, onFeel, onLabels) {
    this.byId = byId;
    this.onFeel = onFeel;
    this.onLabels = onLabels;
    this.labels = {};
    this.edited = null;
    this.shownLabels = null;
    this.felt = null;
  }

  show(emotions, labels) {
    this.labels = labels;
    const own = Object.keys(labels);
    const chips = [...emotions.map((name) => this.chip(name, false)), ...own.map((name) => this.chip(name, true))];
    this.byId("chips").replaceChildren(...chips);
    this.showEditor(own);
  }

  chip(name, isOwn) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.classList.toggle("own", isOwn);
    button.addEventListener("click", () => this.feel(name));
    return button;
  }

  feel(name) {
    const strength = Number(this.byId("felt-strength").value);
    for (const button of this.byId("chips").children) button.setAttribute("aria-pressed", String(button.textContent === name));
    this.onFeel(name, strength);
    const own = this.labels[name] || {};
    this.felt = { name, strength, sinceMs: performance.now(), onset: own.onset_s ?? 0.35, hold: own.hold_s ?? WITHOUT_HOLD_S, decay: own.decay_s ?? 1.6 };
    this.draw();
  }

  level(course, atS) {
    const { onset, hold, decay, strength } = course;
    if (atS < onset) return strength * ease(atS / onset);
    if (atS < onset + hold) return strength;
    return strength * (1 - ease((atS - onset - hold) / decay));
  }

  draw() {
    const canvas = this.byId("course");
    const brush = canvas.getContext("2d");
    const style = getComputedStyle(document.body);
    if (canvas.width !== canvas.clientWidth && canvas.clientWidth) canvas.width = canvas.clientWidth;
    const { width, height } = canvas;
    const nowS = (performance.now() - this.felt.sinceMs) / 1000;
    brush.clearRect(0, 0, width, height);
    brush.strokeStyle = style.getPropertyValue("--accent");
    brush.lineWidth = 3;
    brush.beginPath();
    for (let x = 0; x <= width; x += 2) brush.lineTo(x, height - 12 - (height - 30) * this.level(this.felt, (x / width) * SHOWN_S));
    brush.stroke();
    brush.fillStyle = style.getPropertyValue("--ink");
    brush.fillRect((nowS / SHOWN_S) * width - 1, 6, 2, height - 12);
    brush.font = "14px sans-serif";
    brush.fillText(`${this.felt.name}: in ${this.felt.onset} s, stays ${this.felt.hold} s, out ${this.felt.decay} s`, 8, 16);
    if (nowS < SHOWN_S) requestAnimationFrame(() => this.draw());
    else for (const button of this.byId("chips").children) button.setAttribute("aria-pressed", "false");
  }

  // -- labels of one's own -----------------------------------------------------------------------

  showEditor(own) {
    const editor = this.byId("label-editor");
    const isSame = own.join() === this.shownLabels;
    if (isSame && editor.contains(document.activeElement)) return; // somebody drags a slider of it
    this.shownLabels = own.join();
    const name = document.createElement("input");
    name.placeholder = "a word, such as stormy";
    name.setAttribute("aria-label", "New label");
    const add = document.createElement("button");
    add.type = "button";
    add.textContent = "Add label";
    add.addEventListener("click", () => {
      const key = name.value.trim().toLowerCase().replace(/[\s_-]+/g, " ");
      if (!key) return;
      this.edited = key;
      this.onLabels({ ...this.labels, [key]: this.labels[key] || { mix: { happy: 0.5 } } }, true);
    });
    editor.replaceChildren(name, add, ...own.map((key) => this.labelForm(key)));
  }

  labelForm(key) {
    const part = document.createElement("details");
    part.open = key === this.edited;
    const title = document.createElement("summary");
    title.textContent = `[${key}]`;
    const label = this.labels[key].mix ? this.labels[key] : { mix: this.labels[key] };
    const change = (next, isDone) => { this.edited = key; this.onLabels({ ...this.labels, [key]: next }, isDone); };
    const mix = EDITED.map((emotion) => slider(`${key}: ${emotion}`, emotion, 0, 1, 0.05, label.mix[emotion] ?? 0, (value, isDone) => {
      const current = this.labels[key].mix ? this.labels[key] : { mix: this.labels[key] };
      const next = { ...current.mix };
      if (value > 0) next[emotion] = value; else delete next[emotion];
      change({ ...current, mix: next }, isDone);
    }));
    const times = TIMES.map(([field, words, low, high, fallback]) => slider(`${key}: ${words}`, `${words}, s`, low, high, 0.05, label[field] ?? fallback, (value, isDone) => {
      const current = this.labels[key].mix ? this.labels[key] : { mix: this.labels[key] };
      change({ ...current, [field]: value }, isDone);
    }));
    const remove = document.createElement("button");
    remove.type = "button";
    remove.textContent = "Remove";
    remove.addEventListener("click", () => { const rest = { ...this.labels }; delete rest[key]; this.onLabels(rest, true); });
    part.append(title, ...mix, ...times, remove);
    return part;
  }
}

function slider(called, words, min, max, step, value, onChange) {
  const row = document.createElement("label");
  row.className = "row";
  const span = document.createElement("span");
  span.textContent = words;
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min, max, step, value });
  input.setAttribute("aria-label", called);
  const reading = document.createElement("output");
  reading.textContent = input.value;
  const tell = (isDone) => { reading.textContent = input.value; onChange(Number(input.value), isDone); };
  input.addEventListener("input", () => tell(false));
  input.addEventListener("change", () => tell(true));
  row.append(span, input, reading);
  return row;
}

function ease(share) {
  const s = Math.min(Math.max(share, 0), 1);
  return s ** 3 * (10 - 15 * s + 6 * s * s);
}
