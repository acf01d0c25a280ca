export interface TellerOptions {
  channels: () => void;
  timeline: (channelId: string) => void;
  thread: (rootId: string) => void;
}

/** Tells of changes once per turn, however many there were in it. */
export class Teller {
  private readonly timelines = new Set<string>();
  private readonly threads = new Set<string>();
  private channelsDirty = false;
  private waiting = false;

  constructor(private readonly options: TellerOptions) {}

  /** A channel's messages changed. */
  timeline(channelId: string): void {
    this.timelines.add(channelId);
    this.soon();
  }

  /** A thread that is looked at changed. */
  thread(rootId: string): void {
    this.threads.add(rootId);
    this.soon();
  }

  /** Something about the list of channels changed. */
  channels(): void {
    this.channelsDirty = true;
    this.soon();
  }

  private soon(): void {
    if (this.waiting) return;
    this.waiting = true;
    queueMicrotask(() => this.tell());
  }

  private tell(): void {
    this.waiting = false;
    const timelines = [...this.timelines];
    const threads = [...this.threads];
    this.timelines.clear();
    this.threads.clear();
    if (this.channelsDirty) {
      this.channelsDirty = false;
      this.options.channels();
    }
    timelines.forEach(this.options.timeline);
    threads.forEach(this.options.thread);
  }
}
