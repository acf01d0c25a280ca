export interface PathOptions {
  /** The path is there. */
  found: () => void;
  /** The path is lost, or seems so. */
  lost: () => void;
  /** Nothing can be tried without signaling. */
  canTry: () => boolean;
  /** Finds out whether the socket lives, and makes a new one if not: what loses the path mostly loses it too. */
  checkSocket: () => void;
  /** ICE looks for another way. */
  restartIce: () => void;
  /** A new PeerConnection on the same seat. */
  rebuild: () => void;
}

/** A path that is disconnected may come back by itself within this time. */
const PATIENCE_MS = 1_500;
/** So long one restart of ICE may take; two are tried. */
const RESTART_MS = 5_000;
const RESTARTS = 2;
const REBUILD_MS = 8_000;
const LONGEST_MS = 30_000;
/** One restart does for all that is noticed within this time. */
const APART_MS = 1_000;

/**
 * Sees to it that a lost media path is found again: first by ICE, and if that does not help twice, by new
 * PeerConnections, each after a longer time. There is one search at a time, whoever noticed.
 */
export class MediaPath {
  private tries = 0;
  private triedAt = -Infinity;
  /** Runs until the next try, or out of patience. */
  private timer: ReturnType<typeof setTimeout> | undefined;
  private seeking = false;
  private state: RTCPeerConnectionState = "new";

  constructor(private readonly options: PathOptions) {}

  /** The browser's view of the connection changed. */
  changed(state: RTCPeerConnectionState): void {
    const before = this.state;
    this.state = state;
    if (state === "connected") return this.found();
    if (before !== "connected" && before !== "disconnected" && state !== "failed") return; // on its way for the first time
    if (state === "failed") {
      this.options.lost();
      this.noticed();
    } else if (state === "disconnected") {
      this.options.lost();
      this.options.checkSocket();
      if (!this.seeking) this.wait(PATIENCE_MS);
    }
  }

  /** The page sends, and nothing comes back, though the browser has not noticed. */
  silent(): void {
    if (this.state !== "connected") return;
    this.options.lost();
    this.noticed();
  }

  /** Something has come from the server, or a new way was chosen. */
  heard(): void {
    if (this.seeking && this.state === "connected") this.found();
  }

  /** The path does not seem to carry anything. A search that is on goes on as it is. */
  noticed(): void {
    if (!this.seeking) this.suspect();
  }

  /** There is reason to look for a way now: another network, or a sleep that ended. What was tried before counts less. */
  suspect(): void {
    if (this.state === "new" || this.state === "connecting" || this.state === "closed") return;
    this.options.checkSocket();
    if (this.seeking) this.tries = Math.max(0, this.tries - 1);
    if (Date.now() - this.triedAt >= APART_MS) this.seek();
    else this.wait(APART_MS);
  }

  /** True from the first try until the path is found. */
  get searching(): boolean {
    return this.seeking;
  }

  /** There is signaling again, over which the last try may not have got through. */
  resumed(): void {
    if (!this.seeking && this.state !== "failed") return;
    this.tries = Math.max(0, this.tries - 1);
    this.seek();
  }

  /** The server has given its end up: only a new PeerConnection helps. */
  abandoned(): void {
    this.state = "failed";
    this.tries = Math.max(RESTARTS, this.tries);
    this.options.lost();
    this.seek();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.state = "closed";
  }

  private found(): void {
    clearTimeout(this.timer);
    this.seeking = false;
    this.tries = 0;
    this.options.found();
  }

  private seek(): void {
    if (this.state === "closed") return;
    this.seeking = true;
    const restarts = this.tries < RESTARTS;
    this.wait(restarts ? RESTART_MS : Math.min(LONGEST_MS, REBUILD_MS * 2 ** (this.tries - RESTARTS)));
    if (!this.options.canTry()) return; // `resumed` goes on from there
    this.triedAt = Date.now();
    this.tries++;
    if (restarts) this.options.restartIce();
    else this.options.rebuild();
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.seek(), ms);
  }
}
