// The profile's settings as grouped controls; values come from and go into one plain object.

const range = (path, label, min, max, step, fallback, hint = "") => ({ kind: "range", path, label, min, max, step, fallback, hint });
const text = (path, label, hint = "") => ({ kind: "text", path, label, fallback: "", hint });
const long = (path, label, hint = "") => ({ kind: "long", path, label, fallback: "", hint });

const PLACES = ["top right", "top left", "bottom right", "bottom left", "beside"];
const MOODS = ["happy", "sad", "angry", "surprised", "fearful", "disgusted", "contempt"];

export const GROUPS = [
  { name: "Who it is", isOpen: true, items: [text("name", "Name"), text("description", "In a sentence"), { ...text("language", "Language", "a tag such as en or pt-BR"), fallback: "en" }] },
  { name: "Words", items: [long("persona.greeting", "Greeting"), long("persona.system_prompt", "Who it is, told to the language model"), long("persona.speaking_style", "How it speaks")] },
  { name: "Voice", items: [
    range("voice.speed", "Speed", 0.5, 2, 0.02, 1), range("voice.pitch", "Pitch", 0.5, 1.6, 0.02, 1), range("voice.formants", "Size of the body", 0.8, 1.25, 0.01, 1, "below 1 a bigger person"),
  ] },
  { name: "Mood at rest", items: MOODS.map((mood) => range(`emotions.baseline.${mood}`, mood, 0, 1, 0.05, 0)) },
  { name: "Temper", items: [
    range("temper.liveliness", "Liveliness", 0, 2, 0.05, 1), range("temper.gestures", "Gestures", 0, 2, 0.05, 1, "how strongly words are acted out"),
    range("temper.quickness", "Quickness", 0.5, 2, 0.05, 1), range("temper.head_tempo", "Head tempo", 0.5, 2, 0.05, 1),
    range("temper.eye_contact.speaking", "Eyes on you, speaking", 0.05, 1, 0.05, 0.6), range("temper.eye_contact.listening", "… listening", 0.05, 1, 0.05, 0.95), range("temper.eye_contact.thinking", "… thinking", 0.05, 1, 0.05, 0.3),
    range("temper.blinks_per_min", "Blinks a minute", 4, 60, 1, 26), range("temper.asymmetry", "Uneven sides", 0, 2, 0.05, 1), range("temper.seed", "Nature", 0, 99, 1, 1, "another number, another person"),
  ] },
  { name: "Position", items: [
    range("framing.crop.zoom", "Closer", 1, 2.5, 0.05, 1, "shows a part of the picture"), range("framing.crop.x", "… across", 0, 1, 0.01, 0.5), range("framing.crop.y", "… down", 0, 1, 0.01, 0.5),
    range("framing.head_distance", "Distance", 0.7, 1.6, 0.02, 1), range("framing.head_pitch_deg", "Nod", -20, 20, 1, 0), range("framing.head_yaw_deg", "Turn", -25, 25, 1, 0), range("framing.head_roll_deg", "Tilt", -20, 20, 1, 0),
    range("framing.gaze_pitch_deg", "Eyes up", -25, 25, 1, 0), range("framing.gaze_yaw_deg", "Eyes aside", -40, 40, 1, 0),
  ] },
  { name: "Movement", items: [range("gains.lip_gain", "Lips", 0, 2, 0.05, 1), range("gains.brow_gain", "Brows", 0, 2, 0.05, 1), range("gains.head_gain", "Head", 0, 2, 0.05, 1), range("gains.blink_gain", "Blinks", 0, 2, 0.05, 1)] },
  { name: "Label for viewers", items: [
    text("disclosure.label", "Words", "AI, when empty"), text("disclosure.notice", "First words", "you talk with an AI, when empty"), { kind: "choice", path: "disclosure.place", label: "Place", choices: PLACES, fallback: "top right" },
    { kind: "check", path: "disclosure.shown", label: "Shown", fallback: true }, text("disclosure.reason", "Why not", "how else viewers are told"),
  ] },
  { name: "Rights", items: [text("source.licence", "Licence of the picture"), text("source.origin", "Who made it")] },
];

export function valueAt(data, path) {
  return path.split(".").reduce((inner, key) => (inner && typeof inner === "object" ? inner[key] : undefined), data);
}

/** The same object with one value changed; undefined takes it away, and what is empty then. */
export function withValue(data, path, value) {
  const [key, ...rest] = path.split(".");
  const copy = { ...data };
  if (rest.length) {
    const inner = withValue(copy[key] && typeof copy[key] === "object" ? copy[key] : {}, rest.join("."), value);
    if (Object.keys(inner).length) copy[key] = inner;
    else delete copy[key];
  } else if (value === undefined) delete copy[key];
  else copy[key] = value;
  return copy;
}

/** What `set_controls` takes of the settings. */
export function controlsOf(data) {
  const controls = { emotions: { ...((data.emotions || {}).baseline || {}) } };
  for (const group of GROUPS) {
    for (const item of group.items) {
      const [block, name, part] = item.path.split(".");
      if ((block === "framing" || block === "gains") && !part) controls[name] = valueAt(data, item.path) ?? item.fallback;
    }
  }
  return controls;
}

/** Builds the groups; `onChange(path, value, isDone)` hears of every change. */
export class Settings {
  constructor(root, onChange) {
    this.fields = new Map();
    for (const group of GROUPS) {
      const part = document.createElement("details");
      part.open = Boolean(group.isOpen);
      const title = document.createElement("summary");
      title.textContent = group.name;
      part.append(title, ...group.items.map((item) => this.field(item, onChange)));
      root.append(part);
    }
  }

  field(item, onChange) {
    const label = document.createElement("label");
    label.className = item.kind === "range" ? "row" : "field";
    const words = document.createElement("span");
    words.textContent = item.label;
    if (item.hint) label.title = item.hint;
    const input = makeInput(item);
    input.dataset.path = item.path;
    label.append(words, input);
    const reading = document.createElement("output");
    if (item.kind === "range") label.append(reading);
    const tell = (isDone) => {
      const value = readInput(input, item);
      reading.textContent = input.value;
      onChange(item.path, value, isDone);
    };
    input.addEventListener("input", () => tell(false));
    input.addEventListener("change", () => tell(true));
    if (item.kind === "range") input.addEventListener("dblclick", () => { input.value = item.fallback; tell(true); });
    this.fields.set(item.path, { item, input, reading, label });
    return label;
  }

  show(data) {
    for (const [path, { item, input, reading, label }] of this.fields) {
      const value = valueAt(data, path);
      label.classList.toggle("changed", value !== undefined && value !== item.fallback);
      if (document.activeElement === input && item.kind !== "range") continue;
      if (item.kind === "check") input.checked = value ?? item.fallback;
      else input.value = value ?? item.fallback;
      reading.textContent = input.value;
    }
  }
}

function makeInput(item) {
  if (item.kind === "choice") {
    const input = document.createElement("select");
    for (const choice of item.choices) input.append(new Option(choice, choice));
    return input;
  }
  const input = document.createElement(item.kind === "long" ? "textarea" : "input");
  if (item.kind === "long") input.rows = 3;
  else input.type = { range: "range", check: "checkbox" }[item.kind] || "text";
  if (item.kind === "range") Object.assign(input, { min: item.min, max: item.max, step: item.step, value: item.fallback });
  return input;
}

function readInput(input, item) {
  if (item.kind === "check") return input.checked === item.fallback ? undefined : input.checked;
  const value = item.kind === "range" ? Number(input.value) : input.value;
  const isNeeded = item.path === "name";
  return value === item.fallback && !isNeeded ? undefined : value;
}
