/** Tells of changes once per turn, however many there were in it. */
export class Teller {
  private readonly dirty = new Set<string>();
  private channelsDirty = false;
  private waiting = false;

  constructor(
    private readonly tellChannels: () => void,
    private readonly tellTimeline: (channelId: string) => void,
  ) {}

  /** A channel's messages changed. */
  timeline(channelId: string): void {
    this.dirty.add(channelId);
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
    const changed = [...this.dirty];
    this.dirty.clear();
    if (this.channelsDirty) {
      this.channelsDirty = false;
      this.tellChannels();
    }
    changed.forEach((channelId) => this.tellTimeline(channelId));
  }
}
