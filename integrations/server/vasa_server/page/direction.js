// The panel that directs the character: gaze pad, mood, head, liveliness.

const SEND_EVERY_MS = 80;
const GAINS = { lips: "lip_gain", brows: "brow_gain", motion: "head_gain", blinks: "blink_gain" };
const FOLLOW_YAW_DEG = 22;
const FOLLOW_PITCH_DEG = 15;

const byId = (id) => document.getElementById(id);

export class Direction {
  /** `send(controls)` is called with what changed, at most twelve times a second. */
  constructor(send) {
    this.send = send;
    this.changes = {};
    this.timer = null;
    this.yaw = byId("gaze-yaw");
    this.pitch = byId("gaze-pitch");
    this.pad = byId("pad");
    this.follow = byId("follow");
    this.bindGaze();
    this.bindSliders();
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

  bindSliders() {
    const bind = (id, show, control) => {
      const input = byId(id);
      input.addEventListener("input", () => {
        byId(`${id}-out`).textContent = show(Number(input.value));
        this.change(control(Number(input.value)));
      });
    };
    const ratio = (value) => value.toFixed(2);
    bind("distance", ratio, (value) => ({ head_distance: value }));
    bind("turn", (value) => `${value}°`, (value) => ({ head_yaw_deg: value }));
    bind("strength", ratio, () => this.mood());
    for (const [id, name] of Object.entries(GAINS)) bind(id, ratio, (value) => ({ [name]: value }));
    byId("moods").addEventListener("change", () => this.change(this.mood()));
  }

  mood() {
    const chosen = document.querySelector("#moods input:checked");
    if (!chosen || chosen.value === "neutral") return { emotions: [] };
    return { emotions: [{ name: chosen.value, strength: Number(byId("strength").value) }] };
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
    const set = (id, value, words) => {
      byId(id).value = value;
      byId(`${id}-out`).textContent = words;
    };
    set("distance", controls.head_distance, controls.head_distance.toFixed(2));
    set("turn", controls.head_yaw_deg, `${Math.round(controls.head_yaw_deg)}°`);
    for (const [id, name] of Object.entries(GAINS)) set(id, controls[name], controls[name].toFixed(2));
    const first = controls.emotions[0] || { name: "neutral", strength: 0.6 };
    set("strength", first.strength, first.strength.toFixed(2));
    for (const input of document.querySelectorAll("#moods input")) input.checked = input.value === first.name;
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

function describeGaze(yaw, pitch) {
  if (yaw === 0 && pitch === 0) return "Looks at you";
  const parts = [];
  if (yaw) parts.push(`${Math.abs(yaw)}° ${yaw > 0 ? "right" : "left"}`);
  if (pitch) parts.push(`${Math.abs(pitch)}° ${pitch > 0 ? "up" : "down"}`);
  return `Looks ${parts.join(", ")}`;
}
