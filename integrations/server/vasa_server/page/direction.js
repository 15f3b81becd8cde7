// The panel that directs the character: gaze pad, mood, head, liveliness. What there is to steer,
// and how far, comes from the server.

const SEND_EVERY_MS = 80;
const FIRST_STRENGTH = 0.6;
const FOLLOW_YAW_DEG = 22;
const FOLLOW_PITCH_DEG = 15;

const byId = (id) => document.getElementById(id);

export class Direction {
  /** `send(controls)` is called with what changed, at most twelve times a second. */
  constructor(send) {
    this.send = send;
    this.changes = {};
    this.timer = null;
    this.sliders = new Map();
    this.yaw = byId("gaze-yaw");
    this.pitch = byId("gaze-pitch");
    this.pad = byId("pad");
    this.follow = byId("follow");
    this.bindGaze();
    byId("moods").addEventListener("change", () => this.change(this.mood()));
  }

  /** Build the panel from what the server's welcome says can be steered. */
  offer(welcome) {
    this.offerMoods(welcome.emotions);
    this.sliders.clear();
    for (const box of document.querySelectorAll(".sliders")) box.replaceChildren();
    this.addSlider(welcome.emotion_strength, () => this.change(this.mood()));
    for (const spec of welcome.controls) {
      if (spec.name === "gaze_yaw_deg") setLimits(this.yaw, spec);
      else if (spec.name === "gaze_pitch_deg") setLimits(this.pitch, spec);
      else this.addSlider(spec, (value) => this.change({ [spec.name]: value }));
    }
  }

  addSlider(spec, onInput) {
    const label = document.createElement("label");
    const name = document.createElement("span");
    const reading = document.createElement("output");
    const input = document.createElement("input");
    label.className = "slider";
    label.htmlFor = reading.htmlFor = input.id = spec.name;
    label.title = spec.what;
    name.textContent = spec.label;
    input.type = "range";
    setLimits(input, spec);
    const show = (value) => {
      input.value = value;
      reading.textContent = spec.unit === "deg" ? `${Math.round(value)}°` : value.toFixed(2);
    };
    show(spec.default);
    input.addEventListener("input", () => {
      show(Number(input.value));
      onInput(Number(input.value));
    });
    label.append(name, reading, input);
    (byId(`${spec.group}-sliders`) || byId("liveliness-sliders")).append(label);
    this.sliders.set(spec.name, { input, show });
  }

  bindGaze() {
    const { pad, yaw, pitch } = this;
    const fromPointer = (event) => {
      const box = pad.getBoundingClientRect();
      const x = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      const y = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
      this.setGaze((x * 2 - 1) * Number(yaw.max), (1 - y * 2) * Number(pitch.max));
    };
    pad.addEventListener("pointerdown", (event) => {
      pad.setPointerCapture(event.pointerId);
      this.follow.checked = false;
      fromPointer(event);
      yaw.focus({ focusVisible: false });
      event.preventDefault();
    });
    pad.addEventListener("pointermove", (event) => {
      if (pad.hasPointerCapture(event.pointerId)) fromPointer(event);
    });
    const steps = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, 2], ArrowDown: [0, -2], Home: null };
    for (const input of [yaw, pitch]) {
      input.addEventListener("input", () => this.setGaze(Number(yaw.value), Number(pitch.value)));
      input.addEventListener("keydown", (event) => {
        if (!(event.key in steps)) return;
        event.preventDefault();
        const step = steps[event.key];
        if (step) this.setGaze(Number(yaw.value) + step[0], Number(pitch.value) + step[1]);
        else this.setGaze(0, 0);
      });
    }
    byId("gaze-centre").addEventListener("click", () => {
      this.follow.checked = false;
      this.setGaze(0, 0);
    });
    this.follow.addEventListener("change", () => {
      if (!this.follow.checked) this.setGaze(0, 0);
    });
    window.addEventListener("pointermove", (event) => this.followPointer(event));
  }

  followPointer(event) {
    if (!this.follow.checked) return;
    const box = byId("frame").getBoundingClientRect();
    const reach = Math.max(box.width, 320);
    const x = (event.clientX - box.left - box.width / 2) / reach;
    const y = (event.clientY - box.top - box.height * 0.42) / reach;
    const limit = (value) => Math.max(-1, Math.min(1, value));
    this.setGaze(limit(x) * FOLLOW_YAW_DEG, limit(-y) * FOLLOW_PITCH_DEG);
  }

  setGaze(yawDeg, pitchDeg, isSilent = false) {
    this.yaw.value = Math.round(yawDeg);
    this.pitch.value = Math.round(pitchDeg);
    const x = Number(this.yaw.value);
    const y = Number(this.pitch.value);
    this.pad.style.setProperty("--x", (x / Number(this.yaw.max) + 1) / 2);
    this.pad.style.setProperty("--y", (1 - y / Number(this.pitch.max)) / 2);
    const words = describeGaze(x, y);
    byId("gaze-reading").textContent = words;
    this.yaw.setAttribute("aria-valuetext", words);
    this.pitch.setAttribute("aria-valuetext", words);
    if (!isSilent) this.change({ gaze_yaw_deg: x, gaze_pitch_deg: y });
  }

  mood() {
    const chosen = document.querySelector("#moods input:checked");
    if (!chosen || chosen.value === "neutral") return { emotions: {} };
    return { emotions: { [chosen.value]: Number(byId("emotion_strength").value) } };
  }

  offerMoods(names) {
    const moods = byId("moods");
    for (const label of moods.querySelectorAll("label")) label.remove();
    for (const name of names) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "radio";
      input.name = "mood";
      input.value = name;
      label.append(input, name);
      moods.append(label);
    }
  }

  /** Show the controls with which a character opened. */
  show(controls) {
    this.changes = {};
    this.follow.checked = false;
    this.setGaze(controls.gaze_yaw_deg, controls.gaze_pitch_deg, true);
    const [emotion, strength] = Object.entries(controls.emotions)[0] || ["neutral", FIRST_STRENGTH];
    const values = { ...controls, emotion_strength: strength };
    for (const [name, slider] of this.sliders) slider.show(values[name]);
    for (const input of document.querySelectorAll("#moods input")) input.checked = input.value === emotion;
  }

  change(controls) {
    Object.assign(this.changes, controls);
    if (this.timer !== null) return;
    this.timer = window.setTimeout(() => {
      this.timer = null;
      const { changes } = this;
      this.changes = {};
      if (Object.keys(changes).length) this.send(changes);
    }, SEND_EVERY_MS);
  }
}

function setLimits(input, spec) {
  input.min = spec.low;
  input.max = spec.high;
  input.step = spec.step;
  input.value = spec.default;
}

function describeGaze(yaw, pitch) {
  if (yaw === 0 && pitch === 0) return "Looks at you";
  const parts = [];
  if (yaw) parts.push(`${Math.abs(yaw)}° ${yaw > 0 ? "right" : "left"}`);
  if (pitch) parts.push(`${Math.abs(pitch)}° ${pitch > 0 ? "up" : "down"}`);
  return `Looks ${parts.join(", ")}`;
}
