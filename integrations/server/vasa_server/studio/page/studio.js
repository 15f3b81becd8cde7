// The studio's page: a portrait or a card becomes a character that is seen, heard, changed and saved.

import { Conversation } from "./conversation.js";
import { Desk } from "./studio-desk.js";
import { Feelings } from "./studio-feelings.js";
import { PicturePart } from "./studio-picture.js";
import { controlsOf, Settings, valueAt, withValue } from "./studio-settings.js";

const CHECK_AFTER_MS = 80;
const STATUS_MS = 7000;
const MOST_UNDONE = 200;

const byId = (id) => document.getElementById(id);
const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
if (token) window.history.replaceState(null, "", window.location.pathname + window.location.search);

const face = (canvas, live) => new Conversation(byId(canvas), byId(live), byId("ambient"), token);
const now = face("now", "now-live");
let then = null;
const desk = new Desk(token, { onStep: (step) => say(`Preparing: ${step} …`), onClose: (reason) => say(`Not connected: ${reason}. Reload the page.`) });
const picture = new PicturePart(byId);
const settings = new Settings(byId("groups"), (path, value, isDone) => change(withValue(data, path, value), isDone, path));
const feelings = new Feelings(byId, feel, (labels, isDone) => change(withValue(data, "emotions.labels", Object.keys(labels).length ? labels : undefined), isDone, "emotions.labels"));

let welcome = null;
let data = {};
let isBaked = false;
let isSaved = true;
let undone = [];
let done = [];
let before = null;
let checkTimer = null;
let checking = null;
let statusTimer = null;
const marks = { droppedMs: 0, spokenMs: 0, shownMs: 0 };
window.studio = { now, desk, marks, get data() { return data; }, get then() { return then; } };

function say(text, stays = false) {
  byId("status").textContent = text;
  window.clearTimeout(statusTimer);
  if (!stays) statusTimer = window.setTimeout(() => { byId("status").textContent = ""; }, STATUS_MS);
}

function fail(problem) {
  say(problem.message);
}

// -- files ---------------------------------------------------------------------------------

async function take(file, options = {}) {
  marks.droppedMs = performance.now();
  marks.spokenMs = 0;
  await now.wake();
  say(`Reading ${file.name} …`, true);
  try {
    await begin(await desk.sendFile(file, options));
  } catch (problem) {
    fail(problem);
  }
}

/** A draft has come: show what it says, look at its picture, bake it. */
async function begin(draft) {
  const isOther = draft.data.id !== data.id || draft.data.portrait !== data.portrait;
  data = draft.data;
  isBaked = false;
  isSaved = draft.saved_in !== null;
  if (isOther) [done, undone] = [[], []];
  showSettings();
  for (const id of ["consent-part", "feelings-part"]) byId(id).hidden = false;
  byId("drop").classList.add("small");
  if (draft.notes.length) say(draft.notes.join(" "));
  const report = await desk.ask({ type: "portrait" });
  picture.show(report);
  if (report.refusal) {
    say("This picture cannot become a face; the reason stands beside it.");
    return;
  }
  await bake();
}

async function bake() {
  say("Preparing the face …", true);
  const baked = await desk.ask({ type: "bake" });
  isBaked = true;
  say(data.source ? "Ready." : "Ready. Say who is in the picture, and it comes to life.", !data.source);
  if (baked.is_open) await meet(true);
  showButtons();
}

/** The face comes to life; with its greeting when it is new. */
async function meet(isNew) {
  byId("faces").hidden = false;
  byId("line").hidden = false;
  await now.open(welcome.slots.now, "jpeg");
  if (isNew && valueAt(data, "persona.greeting")) greet();
}

for (const [id, options] of [["file", {}], ["other-picture", { only_portrait: true }]]) {
  byId(id).addEventListener("change", (event) => {
    const [file] = event.target.files;
    event.target.value = "";
    if (file) take(file, options);
  });
}
for (const type of ["dragover", "drop", "dragleave"]) {
  window.addEventListener(type, (event) => {
    event.preventDefault();
    byId("drop").classList.toggle("over", type === "dragover");
    if (type === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
  });
}
byId("rebake").addEventListener("click", async () => {
  try {
    await desk.ask({ type: "points", marks: picture.marked() });
    const report = await desk.ask({ type: "portrait" });
    picture.show(report);
    if (report.refusal) say("Not yet; the reason stands beside the picture.");
    else await bake();
  } catch (problem) {
    fail(problem);
  }
});
byId("characters").addEventListener("change", async (event) => {
  const character = event.target.value;
  event.target.value = "";
  if (character) openSaved(character);
});

async function openSaved(character) {
  marks.droppedMs = performance.now();
  await now.wake();
  try {
    await begin(await desk.ask({ type: "open", character }));
  } catch (problem) {
    fail(problem);
  }
}

// -- settings ------------------------------------------------------------------------------

function change(next, isDone, path) {
  marks.changedMs = performance.now();
  if (before === null) before = data;
  data = next;
  if (isDone) {
    done = [...done, before].slice(-MOST_UNDONE);
    undone = [];
    before = null;
  }
  // What is steered is sent first; judging the profile then waits until the face has answered.
  const isSteered = Boolean(now.character) && /^(framing|gains|emotions\.baseline)/.test(path || "");
  if (isSteered) now.setControls(controlsOf(data));
  showSettings(path);
  window.clearTimeout(checkTimer);
  checkTimer = window.setTimeout(check, isDone && !isSteered ? 0 : CHECK_AFTER_MS);
}

/** Let the server judge the settings as they are; resolves when it has judged the latest. */
function check() {
  checking ??= judge().finally(() => { checking = null; });
  return checking;
}

async function judge() {
  let sent;
  do {
    sent = data;
    try {
      const answer = await desk.ask({ type: "set", data: sent });
      isSaved = false;
      showFaults(answer.faults);
      if (answer.is_open && isBaked && (answer.is_new || !now.character)) await meet(!now.character);
      else if (answer.is_open && now.character) now.setControls(controlsOf(sent));
    } catch (problem) {
      fail(problem);
    }
  } while (sent !== data);
  showButtons();
}

function showSettings(path) {
  settings.show(data);
  if (path !== "emotions.labels" || before === null) feelings.show(welcome.emotions.filter((name) => name !== "neutral"), valueAt(data, "emotions.labels") || {});
  else feelings.labels = valueAt(data, "emotions.labels") || {};
  const source = data.source;
  for (const radio of document.getElementsByName("who")) radio.checked = source !== undefined && radio.value === whoOf(source);
  byId("agreed-part").hidden = !source || whoOf(source) !== "other";
  if (document.activeElement !== byId("agreed")) byId("agreed").value = source ? source.consent || "" : "";
  const { label = "AI", place = "top right", shown = true } = data.disclosure || {};
  byId("disclosure").hidden = !shown;
  byId("disclosure").textContent = label;
  byId("disclosure").dataset.place = place;
  byId("now-caption").textContent = data.name || "Now";
  document.title = `${data.name || "Studio"} · studio`;
  showButtons();
}

function showFaults(faults) {
  byId("faults").hidden = !faults.length;
  byId("faults").replaceChildren(...faults.map((fault) => {
    const item = document.createElement("li");
    item.textContent = fault;
    return item;
  }));
}

function showButtons() {
  byId("undo").disabled = !done.length;
  byId("redo").disabled = !undone.length;
  byId("keep").disabled = !now.character;
  byId("save").disabled = !data.source;
  byId("export").disabled = !data.source;
  byId("save").textContent = isSaved ? "Saved" : "Save";
}

function stepTo(from, to) {
  if (!from.length) return;
  const next = from.pop();
  to.push(data);
  data = next;
  before = null;
  showSettings();
  if (now.character) now.setControls(controlsOf(data));
  check();
}

byId("undo").addEventListener("click", () => stepTo(done, undone));
byId("redo").addEventListener("click", () => stepTo(undone, done));
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || /^(text|textarea)$/.test(document.activeElement.type || "")) return;
  const isBack = event.key === "z" && !event.shiftKey;
  const isForth = event.key === "y" || (event.key === "z" && event.shiftKey);
  if (isBack || isForth) {
    event.preventDefault();
    stepTo(isBack ? done : undone, isBack ? undone : done);
  }
});

// -- consent -------------------------------------------------------------------------------

function whoOf(source) {
  if (source.synthetic) return "nobody";
  return /^the author of this profile/.test(source.consent || "") ? "me" : "other";
}

byId("consent").addEventListener("change", (event) => {
  const { licence = "not said yet", origin = `the file ${data.portrait}` } = data.source || {};
  const consents = { nobody: undefined, me: "the author of this profile, who is in the picture", other: byId("agreed").value.trim() };
  const who = event.target.value;
  const source = { synthetic: who === "nobody", licence, origin };
  if (consents[who] !== undefined) source.consent = consents[who];
  change(withValue(data, "source", source), true, "source");
  if (who === "other") byId("agreed").focus();
});
byId("agreed").addEventListener("input", (event) => change(withValue(data, "source.consent", event.target.value), false, "source"));
byId("agreed").addEventListener("change", (event) => change(withValue(data, "source.consent", event.target.value), true, "source"));

// -- trying --------------------------------------------------------------------------------

async function speak(text) {
  await now.wake();
  try {
    await Promise.all([now.say(text), then && then.character ? then.say(text) : null]);
  } catch (problem) {
    fail(problem);
  }
}

function greet() {
  const greeting = valueAt(data, "persona.greeting") || `Hello, I am ${data.name}.`;
  speak(greeting.replaceAll("{{char}}", data.name).replaceAll("{{user}}", "you"));
}

function feel(label, strength) {
  marks.changedMs = performance.now();
  for (const conversation of [now, then]) {
    if (conversation && conversation.character) conversation.wire.ask({ type: "feel", label, strength }).catch(fail);
  }
}

byId("line").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = byId("text").value.trim();
  if (text) speak(text);
});
byId("greeting").addEventListener("click", greet);
now.addEventListener("state", (event) => {
  if (event.detail === "speaking" && !marks.spokenMs) marks.spokenMs = performance.now();
});
now.addEventListener("problem", (event) => say(event.detail));

byId("keep").addEventListener("click", async () => {
  const isOn = byId("keep").getAttribute("aria-pressed") !== "true";
  try {
    if (isOn) await keep();
    else await then.wire.ask({ type: "close" }).catch(() => {});
    if (!isOn) then.character = null;
    byId("then-figure").hidden = !isOn;
    byId("keep").setAttribute("aria-pressed", String(isOn));
  } catch (problem) {
    fail(problem);
  }
});

/** The settings as they are stay beside those to come; the voice is heard once. */
async function keep() {
  await desk.ask({ type: "keep" });
  if (then === null) {
    then = face("then", "then-live");
    await then.start();
    then.setMuted(true);
  }
  await then.wake();
  await then.open(welcome.slots.then, "jpeg");
  say("Kept. What you change from here on is on the right; both say the same.");
}

// -- keeping -------------------------------------------------------------------------------

byId("save").addEventListener("click", async () => {
  try {
    await check();
    const { folder } = await desk.ask({ type: "save" });
    isSaved = true;
    showButtons();
    say(`Saved in ${folder}`);
  } catch (problem) {
    fail(problem);
  }
});
byId("export").addEventListener("change", async (event) => {
  const ending = event.target.value;
  event.target.value = "";
  if (!ending) return;
  try {
    await check();
    const { name, bytes } = await desk.exported(ending);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = name;
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    say(`${name} is exported.`);
  } catch (problem) {
    fail(problem);
  }
});
window.addEventListener("beforeunload", (event) => {
  if (!isSaved && data.source) event.preventDefault();
});

welcome = await desk.connect();
for (const { id, name } of welcome.characters) byId("characters").append(new Option(name, id));
await now.start();
if (welcome.first) openSaved(welcome.first);
