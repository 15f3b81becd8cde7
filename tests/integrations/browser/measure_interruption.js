// Run in the page: interrupts, and waits for the first picture after it.
() =>
  new Promise((resolve) => {
    const { conversation } = vasa;
    const { face } = conversation;
    const startMs = performance.now();
    const wanted = conversation.generation + 1;
    let stale = 0;
    face.onShown = (item) => {
      if (item.generation < wanted) {
        stale += 1;
        return;
      }
      face.onShown = () => {};
      resolve({ tookMs: performance.now() - startMs, stale, isSpeech: item.isSpeech });
    };
    conversation.interrupt();
  });
