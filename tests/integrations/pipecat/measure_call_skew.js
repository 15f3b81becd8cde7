// Run in the page: notes when each beep of the call is heard and when the picture gets bright.
async () => {
  const video = document.getElementById("face");
  const context = new AudioContext();
  const onsets = `registerProcessor("onsets", class extends AudioWorkletProcessor {
    constructor() { super(); this.quiet = Infinity; }
    process(inputs) {
      const input = inputs[0][0];
      if (!input) return true;
      const at = input.findIndex((value) => Math.abs(value) > 0.05);
      if (at >= 0 && this.quiet > sampleRate * 0.1)
        this.port.postMessage(currentTime + at / sampleRate);
      this.quiet = at >= 0 ? 0 : this.quiet + input.length;
      return true;
    }
  });`;
  const address = URL.createObjectURL(new Blob([onsets], { type: "text/javascript" }));
  await context.audioWorklet.addModule(address);
  const ear = new AudioWorkletNode(context, "onsets", { numberOfOutputs: 0 });
  context.createMediaStreamSource(video.srcObject).connect(ear);
  window.heardAt = [];
  window.seenAt = [];
  ear.port.onmessage = (event) => {
    const stamp = context.getOutputTimestamp();
    heardAt.push(stamp.performanceTime + (event.data - stamp.contextTime) * 1000);
  };

  const canvas = new OffscreenCanvas(4, 4).getContext("2d", { willReadFrequently: true });
  let wasBright = false;
  const look = (_nowMs, frame) => {
    canvas.drawImage(video, 0, 0, 4, 4);
    const isBright = canvas.getImageData(1, 1, 1, 1).data[0] > 128;
    if (isBright && !wasBright) seenAt.push(frame.expectedDisplayTime);
    wasBright = isBright;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
};
