/** What has gone both ways so far, in bytes. */
export interface Traffic {
  sent: number;
  received: number;
}

export interface WatchOptions {
  traffic: () => Promise<Traffic | null>;
  heard: () => void;
  /** Nothing comes back: first a suspicion, then, if it lasts, almost certain. */
  doubtful: () => void;
  silent: () => void;
  /** Time has jumped: the machine has slept. */
  woke: () => void;
}

const EVERY_MS = 400;
/** While nothing comes. */
const CLOSER_MS = 150;
const DOUBT_MS = 450;
const SILENT_MS = 900;
/** Only what was sent is answered: less than this in the time may be nothing but checks. */
const SPOKEN_BYTES = 500;
const SLEPT_MS = 10_000;
/** Between two alarms; longer on a way that comes and goes all the time, which a restart helps little. */
const PAUSE_MS = 2_000;
const LONG_PAUSE_MS = 10_000;
const MANY = 12; // in a minute

/**
 * Notices that a path carries nothing any more, seconds before the browser does: the server acknowledges what it is sent
 * many times a second, so a page that sends and hears nothing for a second has lost its path.
 */
export class MediaWatch {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private lookedAt = 0;
  private last: Traffic | null = null;
  private heardAt = 0;
  private sentThen = 0;
  private doubted = false;
  /** When, in the last minute. */
  private alarms: number[] = [];

  constructor(private readonly options: WatchOptions) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.lookedAt = Date.now();
    this.soon(EVERY_MS);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  private soon(ms: number): void {
    this.timer = setTimeout(() => void this.look(), ms);
  }

  private async look(): Promise<void> {
    const now = Date.now();
    const gap = now - this.lookedAt;
    this.lookedAt = now;
    if (gap > SLEPT_MS) {
      this.last = null;
      this.options.woke();
    }
    const traffic = await this.options.traffic().catch(() => null); // of a connection that was closed meanwhile
    if (!this.running) return;
    const quiet = this.judge(traffic, Date.now(), gap);
    this.soon(quiet ? CLOSER_MS : EVERY_MS);
  }

  /** True when nothing comes back. */
  private judge(traffic: Traffic | null, now: number, gap: number): boolean {
    const { last } = this;
    this.last = traffic;
    if (!traffic) return false;
    // A page that was held up itself knows nothing of the time between.
    if (!last || traffic.received !== last.received || traffic.sent < last.sent || gap > 3 * EVERY_MS) {
      const heard = last !== null && traffic.received > last.received;
      this.heardAt = now;
      this.sentThen = traffic.sent;
      this.doubted = false;
      if (heard) this.options.heard();
      return false;
    }
    if (traffic.sent - this.sentThen < SPOKEN_BYTES) return false;
    if (!this.doubted && now - this.heardAt >= DOUBT_MS) {
      this.doubted = true;
      this.options.doubtful();
    }
    if (now - this.heardAt >= SILENT_MS) this.alarm(now);
    return true;
  }

  private alarm(now: number): void {
    this.alarms = this.alarms.filter((at) => now - at < 60_000);
    const pause = this.alarms.length < MANY ? PAUSE_MS : LONG_PAUSE_MS;
    if (now - (this.alarms.at(-1) ?? -Infinity) < pause) return;
    this.alarms.push(now);
    this.options.silent();
  }
}
