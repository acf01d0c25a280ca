export interface PathOptions {
  /** The path is there. */
  found: () => void;
  /** The path is lost, or seems so. */
  lost: () => void;
  /** Nothing can be tried without signaling. */
  canTry: () => boolean;
  /** ICE looks for another way. */
  restartIce: () => void;
  /** A new PeerConnection on the same seat. */
  rebuild: () => void;
}

/** A path that is disconnected may come back by itself within this time. */
const PATIENCE_MS = 3_000;
const NEXT_TRY_MS = 8_000;

/** Sees to it that a lost media path is found again: first by ICE, and if that does not help, by a new PeerConnection. */
export class MediaPath {
  private tries = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private state: RTCPeerConnectionState = "new";

  constructor(private readonly options: PathOptions) {}

  /** The browser's view of the connection changed. */
  changed(state: RTCPeerConnectionState): void {
    this.state = state;
    clearTimeout(this.timer);
    if (state === "connected") {
      this.tries = 0;
      this.options.found();
    } else if (state === "failed") {
      this.repair();
    } else if (state === "disconnected") {
      this.options.lost();
      this.timer = setTimeout(() => this.repair(), PATIENCE_MS);
    }
  }

  /** The server has given its end up: only a new PeerConnection helps. */
  abandoned(): void {
    this.state = "failed";
    this.tries = Math.max(1, this.tries);
    this.repair();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private repair(): void {
    if (this.state === "connected") return;
    this.options.lost();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.repair(), NEXT_TRY_MS);
    if (!this.options.canTry()) return;
    if (this.tries++ === 0) this.options.restartIce();
    else this.options.rebuild();
  }
}
