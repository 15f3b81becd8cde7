// Which sample of the session is heard at a moment: the one clock that pictures follow.

const HISTORY = 64;

export class VoiceClock {
  constructor(context) {
    this.context = context;
    this.marks = [];
    this.last = null;
  }

  /** Take a report of the worklet. */
  note(report) {
    this.last = report;
    this.marks.push(report);
    if (this.marks.length > HISTORY) this.marks.shift();
  }

  clear() {
    this.marks = [];
    this.last = null;
  }

  /** Time of the context that leaves the loudspeaker at `nowMs` (performance.now()). */
  outputTime(nowMs) {
    const { context } = this;
    const stamp = context.getOutputTimestamp ? context.getOutputTimestamp() : null;
    const latency = context.outputLatency || context.baseLatency || 0;
    const estimate = context.currentTime - latency;
    if (stamp && stamp.performanceTime > 0) {
      const time = stamp.contextTime + (nowMs - stamp.performanceTime) / 1000;
      if (Math.abs(time - estimate) < 0.5) return time;
    }
    return estimate;
  }

  /** {generation, sample, isRunning} heard at `nowMs`, or null before anything was. */
  heardAt(nowMs) {
    const time = this.outputTime(nowMs);
    for (let i = this.marks.length - 1; i >= 0; i -= 1) {
      const mark = this.marks[i];
      if (mark.time <= time) {
        const ahead = (time - mark.time) * this.context.sampleRate * mark.rate;
        return { generation: mark.generation, sample: mark.position + ahead, isRunning: mark.isRunning };
      }
    }
    return null;
  }
}
