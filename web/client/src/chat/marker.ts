import { ParleyError } from "../errors";
import type { ChannelRead } from "../wire";

export interface ReadMarkerOptions {
  send: (channelId: string, seq: number) => Promise<ChannelRead>;
  onRead: (read: ChannelRead) => void;
}

/** Between two requests for one channel. */
const EVERY_MS = 1_000;
const AGAIN_MS = 5_000;

/** Tells the server up to where one has read: at most once a second for each channel, and again when it was not told. */
export class ReadMarker {
  /** What the server does not know yet. */
  private readonly wanted = new Map<string, number>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly sentAt = new Map<string, number>();

  constructor(private readonly options: ReadMarkerOptions) {}

  /** A cursor that is on its way to the server: what it says of an earlier one is old. */
  pending(channelId: string): number | undefined {
    return this.wanted.get(channelId);
  }

  mark(channelId: string, seq: number): void {
    if ((this.wanted.get(channelId) ?? 0) >= seq) return;
    this.wanted.set(channelId, seq);
    this.later(channelId, Math.max(0, (this.sentAt.get(channelId) ?? -EVERY_MS) + EVERY_MS - Date.now()));
  }

  forget(channelId: string): void {
    this.wanted.delete(channelId);
    clearTimeout(this.timers.get(channelId));
    this.timers.delete(channelId);
  }

  /** There is a connection again. */
  resume(): void {
    for (const channelId of this.wanted.keys()) this.later(channelId, 0);
  }

  stop(): void {
    [...this.timers.values()].forEach(clearTimeout);
    this.timers.clear();
    this.wanted.clear();
  }

  private later(channelId: string, ms: number): void {
    if (this.timers.has(channelId)) return;
    this.timers.set(channelId, setTimeout(() => void this.send(channelId), ms));
  }

  private async send(channelId: string): Promise<void> {
    this.timers.delete(channelId);
    const seq = this.wanted.get(channelId);
    if (seq === undefined) return;
    this.sentAt.set(channelId, Date.now());
    try {
      const read = await this.options.send(channelId, seq);
      if (this.wanted.get(channelId) !== seq) return;
      this.wanted.delete(channelId);
      this.options.onRead(read);
    } catch (problem) {
      const error = ParleyError.of(problem);
      if (error.code === "disconnected") return; // `resume` comes
      if (error.retryable) this.later(channelId, error.retryAfterMs ?? AGAIN_MS);
      else if (this.wanted.get(channelId) === seq) this.wanted.delete(channelId);
    }
  }
}
