import { Backoff } from "../backoff";
import { ParleyError } from "../errors";

export interface SyncerOptions {
  /** One sync, of everything. */
  sync: () => Promise<void>;
  /** Starts from nothing, for when a sync cannot help. */
  load: () => Promise<void>;
  online: () => boolean;
  hasGap: () => boolean;
  gapMs: number;
  random?: () => number;
}

/**
 * Decides when to sync: one at a time, and a wish that comes during one is met by another after it; a failed one again
 * later; a gap only when it lasts, because events can overtake each other by a little.
 */
export class Syncer {
  private running: Promise<void> | null = null;
  private again = false;
  private gapTimer: ReturnType<typeof setTimeout> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly backoff: Backoff;

  constructor(private readonly options: SyncerOptions) {
    this.backoff = new Backoff(500, 1_000, 20_000, options.random);
  }

  sync(): Promise<void> {
    if (this.running) {
      this.again = true;
      return this.running;
    }
    this.running = this.untilCurrent().finally(() => (this.running = null));
    return this.running;
  }

  /** An event came that is not the next one. */
  gap(): void {
    clearTimeout(this.gapTimer);
    this.gapTimer = setTimeout(() => this.options.hasGap() && void this.sync(), this.options.gapMs);
  }

  /** Does something after a while, each time a longer one, if there is a connection then. */
  later(what: () => Promise<void>): void {
    clearTimeout(this.retryTimer);
    this.retryTimer = setTimeout(() => this.options.online() && void what(), this.backoff.next());
  }

  succeeded(): void {
    this.backoff.reset();
  }

  stop(): void {
    clearTimeout(this.gapTimer);
    clearTimeout(this.retryTimer);
  }

  private async untilCurrent(): Promise<void> {
    do {
      this.again = false;
      try {
        await this.options.sync();
        this.succeeded();
      } catch (problem) {
        const error = ParleyError.of(problem);
        if (error.code === "disconnected") return; // the next connection syncs
        return this.later(() => (error.retryable ? this.sync() : this.options.load()));
      }
    } while (this.again);
  }
}
