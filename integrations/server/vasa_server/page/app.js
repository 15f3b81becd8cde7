// The page: brings the conversation, the direction panel, the parrot and the read-out together.

import { Conversation } from "./conversation.js";
import { Direction } from "./direction.js";
import { Parrot } from "./parrot.js";
import { canDraw } from "./vasa-face/index.js";
import { Vitals } from "./vitals.js";

const STATE_WORDS = {
  connecting: "Connecting",
  idle: "Ready",
  listening: "Listening",
  thinking: "Thinking",
  speaking: "Speaking",
  offline: "Offline",
};
const TOAST_MS = 6000;

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(window.location.search);
const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
if (token) {
  window.history.replaceState(null, "", window.location.pathname + window.location.search);
  byId("verify").hash = `token=${token}`;
}

const conversation = new Conversation(byId("face"), byId("live-face"), byId("ambient"), token);
const direction = new Direction((controls) => conversation.setControls(controls));
const vitals = new Vitals(conversation);
const parrot = new Parrot(conversation, showMicrophone, (level) => {
  byId("microphone").style.setProperty("--level", level.toFixed(2));
});
const isDrawnHere = query.get("draw") !== "server" && canDraw();
let characters = [];
let wantedCodec = null;
let hasGreeted = false;
let toastTimer = null;

// -- words ---------------------------------------------------------------------------------

function toast(text) {
  byId("toast").textContent = text;
  byId("toast").classList.add("shown");
  window.clearTimeout(toastTimer);
  toastTimer = window.setTimeout(() => byId("toast").classList.remove("shown"), TOAST_MS);
}

function announce(text) {
  byId("announcer").textContent = text;
}

function nameOf(id) {
  const found = characters.find((character) => character.id === id);
  return found ? found.name : "the character";
}

// -- characters ----------------------------------------------------------------------------

function offerCharacters(chosen) {
  const cast = byId("cast");
  for (const label of cast.querySelectorAll("label")) label.remove();
  for (const character of characters) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    input.type = "radio";
    input.name = "character";
    input.value = character.id;
    input.checked = character.id === chosen;
    let picture = document.createElement("span");
    picture.className = "initial";
    picture.textContent = character.name.slice(0, 1);
    if (character.portrait) {
      picture = document.createElement("img");
      picture.src = character.portrait;
      picture.alt = "";
    }
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = character.name;
    label.title = character.description || character.name;
    label.append(input, picture, name);
    cast.append(label);
  }
}

/** Motion where it can be drawn, unless somebody chose otherwise. */
function codecFor(character) {
  return isDrawnHere && character.face && conversation.welcome.codecs.includes("motion") ? "motion" : "jpeg";
}

async function open(id, codec) {
  const character = characters.find((item) => item.id === id);
  try {
    const opened = await conversation.open(id, codec || wantedCodec || codecFor(character));
    direction.show(opened.controls);
    const origin = character.origin || "synthetic person";
    for (const canvas of document.querySelectorAll("canvas.face")) canvas.setAttribute("aria-label", `Live picture of ${character.name}, a synthetic character (${origin})`);
    const label = character.label ?? "AI";
    byId("badge").textContent = `${label} · synthetic character`;
    byId("badge").hidden = label === "";
    document.title = `${character.name} · vasa avatar`;
    announce(`${character.name} is here.`);
  } catch (problem) {
    toast(`${character.name} cannot come: ${problem.message}`);
    conversation.setState("offline");
  }
}

function showWelcome(id) {
  const character = characters.find((item) => item.id === id);
  byId("welcome-name").textContent = `Meet ${character.name}`;
  byId("welcome-text").textContent = character.description;
  byId("welcome").hidden = hasGreeted;
}

async function greet() {
  await conversation.wake();
  byId("welcome").hidden = true;
  const isFirst = !hasGreeted;
  hasGreeted = true;
  const character = characters.find((item) => item.id === conversation.character);
  if (isFirst && character && character.greeting && conversation.welcome.voice) say(character.greeting);
}

conversation.addEventListener("welcome", async (event) => {
  characters = event.detail.characters;
  direction.offer(event.detail);
  byId("text").maxLength = event.detail.max_text_chars;
  if (!characters.length) {
    toast("This server has no characters.");
    return;
  }
  const wanted = [conversation.lastCharacter, query.get("character")].find((id) => characters.some((c) => c.id === id));
  const chosen = wanted || characters[0].id;
  offerCharacters(chosen);
  showWelcome(chosen);
  conversation.character = null;
  byId("codec-motion").disabled = !isDrawnHere;
  await open(chosen);
  byId(`codec-${conversation.codec}`).checked = true;
  if (query.has("greet") && conversation.isAudible && !hasGreeted) greet();
});

byId("cast").addEventListener("change", async (event) => {
  conversation.lastCharacter = event.target.value;
  showWelcome(event.target.value);
  await parrot.stop();
  await open(event.target.value);
  const character = characters.find((item) => item.id === event.target.value);
  if (hasGreeted && character.greeting && conversation.welcome.voice) say(character.greeting);
});

byId("greet").addEventListener("click", () => {
  greet();
  byId("text").focus();
});

// -- talking -------------------------------------------------------------------------------

async function say(text) {
  try {
    await conversation.say(text);
  } catch (problem) {
    toast(problem.message);
  }
}

async function submit() {
  const text = byId("text").value.trim();
  if (!text) return;
  await conversation.wake();
  hasGreeted = true;
  byId("welcome").hidden = true;
  byId("text").value = "";
  fitText();
  await parrot.stop();
  say(text);
}

function interrupt() {
  if (conversation.character) conversation.interrupt();
}

function fitText() {
  const box = byId("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
}

byId("text").addEventListener("input", fitText);
byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  }
});
byId("interrupt").addEventListener("click", () => {
  interrupt();
  byId("text").focus();
});
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    interrupt();
    parrot.stop();
  }
});

// -- microphone ----------------------------------------------------------------------------

function showMicrophone(isOn) {
  byId("microphone").setAttribute("aria-pressed", String(isOn));
}

byId("microphone").addEventListener("click", async () => {
  await conversation.wake();
  hasGreeted = true;
  byId("welcome").hidden = true;
  if (parrot.isOn) {
    parrot.stop();
    return;
  }
  if (!navigator.mediaDevices) {
    toast("The microphone works on https or on this machine's own address only.");
    return;
  }
  interrupt();
  try {
    await parrot.start(document.querySelector("[name=mic-mode]:checked").value === "mirror");
  } catch {
    toast("The microphone could not be used. Allow it in the browser, or type instead.");
  }
});

// -- picture format ------------------------------------------------------------------------

async function offerH264() {
  const choice = byId("codec-h264");
  const config = { codec: "avc1.42e028", codedWidth: 512, codedHeight: 512 };
  const hasDecoder = "VideoDecoder" in window;
  const answer = hasDecoder ? await VideoDecoder.isConfigSupported(config).catch(() => null) : null;
  choice.disabled = !(answer && answer.supported);
}
offerH264();

for (const choice of document.querySelectorAll("[name=codec]")) {
  choice.addEventListener("change", () => {
    wantedCodec = choice.value;
    open(conversation.character, choice.value);
  });
}

// -- what the conversation says --------------------------------------------------------------

conversation.addEventListener("state", (event) => {
  const state = event.detail;
  byId("state").dataset.state = state;
  byId("frame").dataset.state = state;
  byId("state-text").textContent = STATE_WORDS[state];
  byId("interrupt").disabled = state !== "speaking" && state !== "thinking";
  if (state === "listening" || state === "offline") announce(`${nameOf(conversation.character)}: ${STATE_WORDS[state]}`);
});

conversation.addEventListener("caption", (event) => {
  byId("caption").textContent = event.detail; // not announced: the voice itself is heard
});

conversation.addEventListener("undrawable", (event) => {
  if (conversation.codec !== "motion") return;
  toast(`Pictures from the server instead: ${event.detail}.`);
  byId("codec-motion").disabled = true;
  wantedCodec = "jpeg";
  byId("codec-jpeg").checked = true;
  open(conversation.character, "jpeg");
});

conversation.addEventListener("problem", (event) => toast(event.detail));

/** Figures for the browser's console and the tests. */
window.vasa = { conversation, direction, parrot, vitals };

conversation.start().catch((problem) => toast(`The page could not start: ${problem.message}`));
