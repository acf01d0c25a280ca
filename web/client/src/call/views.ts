import type { View } from "../wire";

/** The size, in CSS pixels, at which one element shows a participant's camera or screen. */
export interface Shown {
  participantId: string;
  source: "camera" | "screen";
  width: number;
  height: number;
}

/** Sizes are rounded up to steps, so that a layout that settles by a few pixels asks only once. */
const STEP = 16;
const LARGEST = 4096;

/**
 * What to ask of the server for the elements on the page: the largest size of each participant's source, in device
 * pixels. Elements without size show nothing and are left out. Sorted, so that equal views compare equal.
 */
export function computeViews(shown: Iterable<Shown>, pixelRatio: number): View[] {
  const views = new Map<string, View>();
  for (const { participantId, source, width, height } of shown) {
    if (!(width > 0 && height > 0)) continue;
    const key = `${participantId} ${source}`;
    const known = views.get(key);
    views.set(key, {
      participantId,
      source,
      width: Math.max(known?.width ?? 0, pixels(width, pixelRatio)),
      height: Math.max(known?.height ?? 0, pixels(height, pixelRatio)),
    });
  }
  return [...views.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, view]) => view);
}

function pixels(css: number, ratio: number): number {
  return Math.min(LARGEST, Math.ceil((css * ratio) / STEP) * STEP);
}

/** A change after a quiet time waits only this long, for what changes in the same moment. */
const PROMPT_MS = 20;

/**
 * Collects what the page shows and sends it when it has settled: a first change almost at once, those that follow every
 * `delayMs`, and only what is new. A page that never shows anything never sends, and so is sent everything.
 */
export class Viewer {
  private readonly shown = new Map<object, Shown>();
  private lastSent = "";
  private lastSentAt = -Infinity;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly send: (views: View[]) => Promise<unknown>,
    private readonly pixelRatio: () => number = () => globalThis.devicePixelRatio ?? 1,
    private readonly delayMs = 150,
  ) {}

  /** Notes what an element, known by any object, shows; null when it is gone. */
  show(element: object, shown: Shown | null): void {
    if (shown) this.shown.set(element, shown);
    else if (!this.shown.delete(element)) return;
    this.soon();
  }

  /** Sends again, to a server that has forgotten. */
  resend(): void {
    const silent = this.lastSent === "" && this.shown.size === 0;
    this.lastSent = "";
    if (!silent) this.flush();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.shown.clear();
  }

  private soon(): void {
    const quiet = Date.now() - this.lastSentAt > 2 * this.delayMs;
    this.timer ??= setTimeout(() => this.flush(), quiet ? PROMPT_MS : this.delayMs);
  }

  private flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const views = computeViews(this.shown.values(), this.pixelRatio());
    const text = JSON.stringify(views);
    if (text === this.lastSent) return;
    this.lastSent = text;
    this.lastSentAt = Date.now();
    this.send(views).catch(() => {
      if (this.lastSent === text) this.lastSent = ""; // the next change or reconnect asks again
    });
  }
}
