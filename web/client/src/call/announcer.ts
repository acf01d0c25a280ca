import type { Connection } from "../connection";
import type { MediaState } from "./media";

/** What others can expect to hear and see of a participant. */
export interface Announced {
  isMuted: boolean;
  hasVideo: boolean;
  isSharingScreen: boolean;
}

export function announcedOf({ muted, microphone, camera, screen }: MediaState): Announced {
  return {
    isMuted: muted || microphone.status !== "on",
    hasVideo: camera.status === "on",
    isSharingScreen: screen.status === "on",
  };
}

/** Tells the server, and through it the others, what to expect of us. What cannot be told now is told with the next seat. */
export class Announcer {
  private told: Announced | null = null;
  private screenOffered: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly connection: Connection,
    private readonly callId: string,
  ) {}

  /** The server can only speak of a screen whose section it knows; `offered` resolves when it does. */
  screenChanges(offered: Promise<unknown>): void {
    this.screenOffered = offered;
  }

  /** A seat was taken; `known` is what the server knows already, null for nothing. Tells the rest. */
  begin(known: Announced | null, now: Announced): void {
    this.told = known;
    this.tell(now);
  }

  /** Tells what is new since the last time. */
  tell(now: Announced): void {
    const { callId, told } = this;
    this.told = now;
    if (now.isMuted !== told?.isMuted) this.send("toggleMute", { callId, isMuted: now.isMuted });
    if (now.hasVideo !== told?.hasVideo) this.send("toggleVideo", { callId, hasVideo: now.hasVideo });
    if (now.isSharingScreen !== (told?.isSharingScreen ?? false)) {
      void this.screenOffered.then(() => this.send("toggleScreen", { callId, isSharingScreen: now.isSharingScreen }));
    }
  }

  private send(...request: Parameters<Connection["request"]>): void {
    this.connection.request(...request).catch(() => {});
  }
}
