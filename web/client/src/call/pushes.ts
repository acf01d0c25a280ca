import type { Push } from "../connection";
import type { ActiveSpeakers, Participant, Pushes as PushData, Slot } from "../wire";
import type { MediaPath } from "./path";
import type { Peer } from "./peer";
import { gradeOf } from "./quality";
import type { CallSnapshot } from "./snapshot";

/** What pushes may change of a call. */
export interface PushTargets {
  change: (part: Partial<CallSnapshot>) => void;
  /** Another than oneself. */
  arrived: (participant: Participant) => void;
  left: (participantId: string) => void;
  update: (participantId: string, part: Partial<Participant>) => void;
  takeSlots: (slots: readonly Slot[]) => void;
  hear: (heard: ActiveSpeakers) => void;
  end: (reason: string) => void;
  isOwn: (participantId: string) => boolean;
  peer: () => Peer | null;
  path: MediaPath;
}

type Handlers = { [E in keyof PushData]?: (data: PushData[E], to: PushTargets) => void };

const HANDLERS: Handlers = {
  participantJoined: ({ callId: _, ...participant }, { isOwn, arrived }) => {
    if (!isOwn(participant.participantId)) arrived(participant);
  },
  participantLeft: ({ participantId, reason }, { isOwn, left, end }) => (isOwn(participantId) ? end(reason) : left(participantId)),
  participantMuteToggled: ({ participantId, isMuted }, { update }) => update(participantId, { isMuted }),
  participantVideoToggled: ({ participantId, hasVideo }, { update }) => update(participantId, { hasVideo }),
  participantScreenToggled: ({ participantId, isSharingScreen }, { update }) => update(participantId, { isSharingScreen }),
  slots: ({ slots }, { takeSlots }) => takeSlots(slots),
  activeSpeakers: (heard, { hear }) => hear(heard),
  connectionQuality: (judged, { change }) => change({ connection: judged, quality: gradeOf(judged) }),
  callQuality: ({ participants }, { change }) => change({ grades: Object.fromEntries(participants.map((each) => [each.participantId, each.quality])) }),
  layers: ({ tracks }, { peer }) => peer()?.takeLayers(tracks),
  mediaState: ({ participantId, state }, { isOwn, path }) => {
    if (isOwn(participantId) && state === "failed") path.abandoned();
  },
  "webrtc:restart": (_, { path }) => path.noticed(),
  callEnded: ({ callStatus }, { end }) => end(callStatus),
};

/** What the server says unasked of one call. While a seat is asked for it waits: it goes on top of what the answer says. */
export class Pushes {
  private early: Push[] | null = null;

  constructor(
    private readonly callId: string,
    private readonly isOver: () => boolean,
    private readonly to: PushTargets,
  ) {}

  take(push: Push): void {
    if (!("callId" in push.data) || push.data.callId !== this.callId || this.isOver()) return;
    if (this.early) this.early.push(push);
    else handle(push, this.to);
  }

  hold(): void {
    this.early ??= [];
  }

  release(): void {
    const early = this.early ?? [];
    this.early = null;
    early.forEach((push) => this.take(push));
  }
}

function handle<E extends keyof PushData>({ event, data }: { event: E; data: PushData[E] }, to: PushTargets): void {
  if (Object.hasOwn(HANDLERS, event)) HANDLERS[event]?.(data, to); // the name comes from outside
}
