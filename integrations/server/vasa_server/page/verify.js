// A dropped film goes to this server; what it says about being synthetic is told in words.

const PIECE_BYTES = 256 * 1024;
const byId = (id) => document.getElementById(id);
const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
if (token) window.history.replaceState(null, "", window.location.pathname + window.location.search);
let isBusy = false;

function open() {
  const url = new URL("verify-ws", window.location.href);
  url.protocol = window.location.protocol === "https:" ? "wss:" : "ws:";
  url.search = "";
  url.hash = "";
  return new WebSocket(url, token ? ["vasa.v1", `vasa.token.${token}`] : ["vasa.v1"]);
}

/** The server's report on a file; onSending hears when the file is on its way. */
function reportOn(file, onSending) {
  return new Promise((resolve, reject) => {
    const socket = open();
    socket.onopen = () => socket.send(JSON.stringify({ type: "file", name: file.name, size: file.size }));
    socket.onclose = (event) => reject(new Error(event.reason || "this server does not answer"));
    socket.onmessage = async (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "send") {
        onSending();
        for (let at = 0; at < file.size; at += PIECE_BYTES) {
          socket.send(await file.slice(at, at + PIECE_BYTES).arrayBuffer());
        }
        return;
      }
      if (message.type === "report") resolve(message.report);
      else reject(new Error(message.message));
      socket.close();
    };
  });
}

function verdict(report) {
  const signature = report.signature;
  if (signature && signature.state !== "valid") return "It was changed after it was signed";
  if (report.synthetic) return "It says that it is synthetic";
  return "Nothing was found";
}

const seconds = (value) => value.toFixed(1);
const chance = (value) => (value === 0 ? "never" : `less often than once in 10^${Math.floor(-Math.log10(value))}`);

function markWords(report) {
  const looked = report.whole ? "" : ` Only the first ${report.windows * 2} seconds were searched.`;
  if (report.marks.length === 0) {
    return `None in ${report.windows} ${report.kind === "film" ? "stretches of 2 s" : "pictures"}.${looked}`;
  }
  const spans = report.marks.map((mark) => {
    const when = report.kind === "film" ? `From ${seconds(mark.start_s)} to ${seconds(mark.end_s)} s: ` : "";
    const live = mark.flags & 1 ? "a live face" : "a film or picture";
    return `${when}${live} of vasa_avatar, issuer ${mark.issuer.toString(16).padStart(6, "0")}; by chance ${chance(mark.false_alarm)}.`;
  });
  return spans.join(" ") + looked;
}

function signatureWords(report) {
  if (report.signature_hint) return `Not looked at: ${report.signature_hint}.`;
  const signature = report.signature;
  if (!signature) return "None.";
  if (signature.state !== "valid") return `Invalid (${signature.problems[0]}).`;
  const trust = signature.trusted ? "a trusted signer" : "a signer whom nobody vouches for";
  return `Valid: unchanged since ${signature.signer || "somebody"} signed it; ${trust}.`;
}

function labelWords(label) {
  const off = label.off ? ` Switched off${label.reason ? `: ${label.reason}` : ""}.` : "";
  if (label.place) return `“${label.said || "AI"}” seen ${label.place}.${off}`;
  return (label.said ? `“${label.said}” by the signature, not seen.` : "None seen.") + off;
}

function show(report) {
  byId("verdict").textContent = `${report.file}: ${verdict(report)}`;
  const rows = [
    ["Mark", markWords(report)],
    ["Signature", signatureWords(report)],
    ["Label", labelWords(report.label)],
    ["Note", report.note ? "The file's comment says that it is synthetic." : "None."],
  ];
  byId("findings").replaceChildren(...rows.flatMap(([name, words]) => {
    const term = document.createElement("dt");
    const told = document.createElement("dd");
    term.textContent = name;
    told.textContent = words;
    return [term, told];
  }));
  byId("result").hidden = false;
  byId("verdict").focus();
}

async function verify(file) {
  if (isBusy || !file) return;
  isBusy = true;
  byId("result").hidden = true;
  byId("state").textContent = `Waiting to look at ${file.name} …`;
  try {
    show(await reportOn(file, () => { byId("state").textContent = `Looking at ${file.name} …`; }));
    byId("state").textContent = "";
  } catch (problem) {
    byId("state").textContent = `Not verified: ${problem.message}`;
  }
  isBusy = false;
}

const area = byId("drop");
byId("file").addEventListener("change", (event) => {
  verify(event.target.files[0]);
  event.target.value = "";
});
for (const name of ["dragover", "dragleave", "drop"]) {
  window.addEventListener(name, (event) => {
    event.preventDefault();
    area.classList.toggle("over", name === "dragover");
    if (name === "drop") verify(event.dataTransfer.files[0]);
  });
}
