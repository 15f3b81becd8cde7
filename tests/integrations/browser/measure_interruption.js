// Run in the page: interrupts, and waits for the first picture after it.
() =>
  new Promise((resolve) => {
    const { conversation } = vasa;
    const { face } = conversation;
    const startMs = performance.now();
    const wanted = conversation.generation + 1;
    face.onShown = (item) => {
      if (item.generation < wanted) return;
      face.onShown = () => {};
      resolve({ tookMs: performance.now() - startMs, isSpeech: item.isSpeech });
    };
    conversation.interrupt();
  });
