const AFTER_MS = 500;

/** Asks the server for one's standing in channels where counting from here is not enough, a little later and once. */
export class Recounts {
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(private readonly recount: (channelId: string) => Promise<void>) {}

  soon(channelId: string): void {
    clearTimeout(this.timers.get(channelId));
    this.timers.set(
      channelId,
      setTimeout(() => {
        this.timers.delete(channelId);
        void this.recount(channelId);
      }, AFTER_MS),
    );
  }

  stop(): void {
    [...this.timers.values()].forEach(clearTimeout);
    this.timers.clear();
  }
}
