import type { Push } from "../connection";
import type { ChannelEvent, NewMessage, Pushes as PushData } from "../wire";
import type { Channels } from "./channels";
import type { Drafts } from "./drafts";
import type { Followed } from "./followed";
import type { Receipts } from "./receipts";
import type { Saved } from "./saved";
import type { Threads } from "./threads";

/** Whom pushes are for. */
export interface PushTargets {
  list: Channels;
  threads: Threads;
  receipts: Receipts;
  saved: Saved;
  followed: Followed;
  drafts: () => Drafts | null;
  /** Takes a numbered change of a channel, in its turn. */
  offer: (event: ChannelEvent) => void;
}

type Handlers = { [E in keyof PushData]?: (data: PushData[E], to: PushTargets) => void };

/** What is done about pushes that are more than a numbered change of a channel. */
const HANDLERS: Handlers = {
  channelAdded: ({ channel }, { followed, list }) => {
    followed.soon();
    list.add(channel);
  },
  channelRemoved: ({ channelId }, { list }) => list.remove(channelId),
  callUpdated: ({ channelId, callId, callType, participantCount, startedAt }, { list }) =>
    list.setCall(channelId, { callId, callType, participantCount, startedAt }),
  callEnded: ({ channelId, callId }, { list }) => list.endCall(channelId, callId),
  channelRead: (read, { list }) => list.takeRead(read),
  messagesRead: (read, { receipts }) => receipts.take(read),
  threadRead: (read, { followed, threads }) => {
    followed.takeRead(read);
    threads.takeRead(read.messageId, read.seq);
  },
  threadFollowed: (now, { followed, threads }) => {
    followed.takeFollowed(now);
    threads.takeFollowed(now.messageId, now.isFollowing);
  },
  draftChanged: (draft, { drafts }) => drafts()?.take(draft),
  messageSaved: (now, { saved }) => saved.take(now),
};

/** What the server says unasked. It waits until there is something that it can be about. */
export class Pushes {
  private early: Push[] = [];

  constructor(
    private readonly isReady: () => boolean,
    private readonly to: PushTargets,
  ) {}

  take(push: Push): void {
    if (this.isReady()) handle(push, this.to);
    else if (this.early.length < MAX_EARLY) this.early.push(push);
  }

  /** What came before the channels were loaded. */
  release(): void {
    this.early.splice(0).forEach((push) => this.take(push));
  }
}

const MAX_EARLY = 1_000;

function handle<E extends keyof PushData>({ event, data }: { event: E; data: PushData[E] }, to: PushTargets): void {
  const handler = Object.hasOwn(HANDLERS, event) ? HANDLERS[event] : undefined; // the name comes from outside
  if (handler) handler(data, to);
  else offerPush({ event, data }, to);
}

/** Every push that numbers a change is one, also of a kind that this client does not know: it moves the position. */
function offerPush({ event, data }: { event: string; data: unknown }, to: PushTargets): void {
  if (isChange(data)) to.offer({ event, eventSeq: data.eventSeq, data } as ChannelEvent);
}

function isChange(data: unknown): data is { channelId: string; eventSeq: number } {
  const change = data as Partial<NewMessage> | null;
  return typeof change?.channelId === "string" && typeof change.eventSeq === "number";
}
