// Run in the page: says beeps, and notes when each is heard, when the picture gets bright and when
// the page was looked at.
async () => {
  const { conversation } = vasa;
  const { context } = conversation;
  await conversation.wake();
  await context.audioWorklet.addModule("listening.js");
  const ear = new AudioWorkletNode(context, "onsets", { numberOfOutputs: 0 });
  conversation.gain.connect(ear);
  window.heardAt = [];
  window.seenAt = [];
  window.lookedAt = [];
  ear.port.onmessage = (event) => {
    const stamp = context.getOutputTimestamp();
    heardAt.push(stamp.performanceTime + (event.data - stamp.contextTime) * 1000);
  };

  // A picture drawn in one refresh is seen at the next; where the page draws, it says how much later.
  let wasBright = false;
  let lastMs = performance.now();
  let refreshMs = 16.7;
  let shown = -1;
  const corner = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const look = (nowMs) => {
    refreshMs += 0.05 * (Math.min(nowMs - lastMs, 50) - refreshMs);
    lastMs = nowMs;
    lookedAt.push(performance.now());
    requestAnimationFrame(look);
    if (conversation.face.shown === shown) return; // nothing new was drawn
    shown = conversation.face.shown;
    const drawnMs = performance.now(); // before the picture is read: that waits for the graphics
    const { canvas } = conversation.face;
    corner.drawImage(canvas, canvas.width - 2, canvas.height - 2, 1, 1, 0, 0, 1, 1);
    const isBright = corner.getImageData(0, 0, 1, 1).data[0] > 100;
    const laterMs = conversation.face.player?.aheadMs ?? refreshMs;
    if (isBright && !wasBright) seenAt.push(drawnMs + laterMs);
    wasBright = isBright;
  };
  requestAnimationFrame(look);

  const beeps = new Int16Array(24000 * 8);
  for (let i = 0; i < beeps.length; i += 1) {
    const isOn = i % 9600 < 4800; // five frames on, five off
    beeps[i] = isOn ? 12000 * Math.sin((2 * Math.PI * 440 * i) / 24000 + 1) : 0;
  }
  const step = 48000;
  for (let first = 0; first < beeps.length; first += step) {
    const isLast = first + step >= beeps.length;
    conversation.pushSpeech(beeps.slice(first, first + step), 24000, isLast);
  }
};
