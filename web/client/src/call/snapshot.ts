import type { CallType, ConnectionQuality, Grade, Participant } from "../wire";
import { announcedOf } from "./announcer";
import type { MediaState } from "./media";
import type { Quality } from "./quality";

/**
 * - `joining`: the seat is being asked for
 * - `connecting`: the media path is being made
 * - `connected`
 * - `reconnecting`: the media path was lost, and is being made again
 * - `ended`
 */
export type CallPhase = "joining" | "connecting" | "connected" | "reconnecting" | "ended";

export interface CallSnapshot {
  readonly callId: string;
  readonly channelId: string;
  readonly callType: CallType;
  readonly phase: CallPhase;
  /** One's own seat; empty while joining. */
  readonly participantId: string;
  /** The others, in order of joining. */
  readonly participants: readonly Participant[];
  readonly isMuted: boolean;
  readonly hasVideo: boolean;
  readonly isSharingScreen: boolean;
  readonly quality: Quality;
  /** What the quality is made of; null until the server has judged it. */
  readonly connection: ConnectionQuality | null;
  /** How well everyone is connected, by seat. */
  readonly grades: Readonly<Record<string, Grade>>;
  /** When this client joined, in milliseconds. */
  readonly joinedAt: number;
  /** Why it ended: `left`, `completed`, another status of the call, or an error's code. */
  readonly endReason: string | null;
  readonly problem: { code: string; message: string } | null;
}

/** A call whose seat is about to be asked for. */
export function firstSnapshot(call: Pick<CallSnapshot, "callId" | "channelId" | "callType">, media: MediaState): CallSnapshot {
  return {
    callId: call.callId,
    channelId: call.channelId,
    callType: call.callType,
    phase: "joining",
    participantId: "",
    participants: [],
    ...announcedOf(media),
    quality: "unknown",
    connection: null,
    grades: {},
    joinedAt: Date.now(),
    endReason: null,
    problem: null,
  };
}
