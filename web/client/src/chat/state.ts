import type { Channel, Message, NotifyLevel, Standing } from "../wire";
import type { FollowedState } from "./followed";
import type { Pending } from "./outbox";
import type { Place } from "./place";
import type { Reader } from "./receipts";
import { badgeOf } from "./standing";
import type { ThreadView } from "./threads";

export type ChatStatus = "loading" | "ready" | "failed";

/** What a chat tells of. */
export type ChatEvents = {
  channels: readonly ChannelState[];
  timeline: { channelId: string; timeline: Timeline };
  thread: { rootId: string; thread: ThreadView };
  readers: { channelId: string; readers: readonly Reader[] };
  drafts: { channelId: string };
  saved: ReadonlySet<string>;
  followed: FollowedState;
  status: ChatStatus;
};

export interface ChannelState {
  readonly channel: Channel;
  /** Messages of others that one has not read; counting ends at 100. */
  readonly unread: number;
  /** Of those and of replies: where one is named. */
  readonly mentions: number;
  /** The number to show, as the channel's notifications are set. */
  readonly badge: number;
  /** Up to where one has read. */
  readonly readSeq: number;
  readonly role: Standing["role"];
  readonly notifyLevel: NotifyLevel;
}

/** What there is to show of one channel. A new object for every change. */
export interface Timeline {
  readonly status: "unopened" | "loading" | "ready" | "failed";
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  readonly hasMore: boolean;
  readonly loadingOlder: boolean;
  /** The past is looked at: there are newer messages than these. */
  readonly hasNewer: boolean;
  readonly loadingNewer: boolean;
  /** Another number when another stretch of the channel is shown, and not more of the same. */
  readonly view: number;
}

export function stateOf({ channel, standing, log }: Place): ChannelState {
  const counts = standing.counts(log);
  const { readSeq, role, notifyLevel } = standing;
  return { channel, ...counts, badge: badgeOf(counts, notifyLevel), readSeq, role, notifyLevel };
}

export function timelineOf(place: Place | undefined, pending: readonly Pending[]): Timeline {
  const { log, window } = place ?? {};
  return {
    status: window ? "ready" : (log?.status ?? "unopened"),
    messages: (window ?? log)?.messages ?? [],
    pending,
    hasMore: (window ? window.hasOlder : log?.hasMore) ?? false,
    loadingOlder: place?.loadingOlder ?? false,
    hasNewer: Boolean(window),
    loadingNewer: place?.loadingNewer ?? false,
    view: place?.view ?? 0,
  };
}

/** The number for a tab's title: what waits in all channels. */
export function totalBadge(channels: readonly ChannelState[]): number {
  return channels.reduce((sum, { badge, channel }) => sum + (channel.isArchived ? 0 : badge), 0);
}
