import type { ChannelEvent, Message, NotifyLevel, Standing } from "../wire";
import type { ChannelLog } from "./log";

/** Where counting ends: what is more is told as “99+”. */
export const MAX_COUNT = 100;

export interface Counts {
  readonly unread: number;
  readonly mentions: number;
}

/**
 * How one stands in a channel, counted live. The server's counts hold as of a message; what comes after it is counted as
 * it comes. Where the log has every message after the read cursor, the log is counted instead, which is always exact.
 */
export class LiveStanding {
  role: Standing["role"] = "member";
  notifyLevel: NotifyLevel = "all";
  readSeq = 0;
  /** False until the server has told: then nothing is counted. */
  known = false;
  /** Counted up to this message. */
  private upTo = 0;
  private counted: Counts = { unread: 0, mentions: 0 };

  constructor(private readonly me: string) {}

  /** Takes what the server told of the channel when `seq` was its last message. */
  fetched(standing: Standing, seq: number, log: ChannelLog): void {
    this.take(standing, seq);
    const later = countAfter(log.messages, Math.max(seq, standing.readSeq), this.me);
    this.counted = { unread: standing.unread + later.unread, mentions: standing.mentions + later.mentions };
    this.upTo = Math.max(seq, lastSeq(log));
  }

  /** Takes what the server told just now. True when only a recount can tell whether a message on its way is in it. */
  pushed(standing: Standing, log: ChannelLog): boolean {
    const upTo = Math.max(this.upTo, lastSeq(log));
    this.take(standing, upTo);
    this.counted = standing.readSeq >= upTo ? NONE : { unread: standing.unread, mentions: standing.mentions };
    return this.counted.unread + this.counted.mentions > 0 && !log.covers(standing.readSeq);
  }

  /** Everything up to `seq` has been read here. False when that is nothing new. */
  read(seq: number, log: ChannelLog): boolean {
    if (seq <= this.readSeq) return false;
    this.readSeq = seq;
    if (seq >= this.upTo) {
      this.upTo = seq;
      this.counted = NONE;
    } else if (!log.covers(seq)) this.counted = countAfter(log.messages, seq, this.me);
    return true;
  }

  /** Counts a change of the channel. True when a recount is needed, because the message in question is not here. */
  apply(event: ChannelEvent, log: ChannelLog): boolean {
    switch (event.event) {
      case "newMessage": {
        const { message } = event.data;
        if (message.senderId._id === this.me) {
          if (message.parentMessageId === undefined && message.messageType !== "system") this.read(message.seq, log);
          return false;
        }
        if (message.seq <= this.upTo) return false;
        this.upTo = message.seq;
        const one = countOf(message, this.me);
        const { unread, mentions } = this.counted;
        this.counted = { unread: unread + one.unread, mentions: mentions + one.mentions };
        return false;
      }
      case "messageDeleted":
        return event.data.seq > this.readSeq && !log.covers(this.readSeq);
      case "messageEdited":
        return this.upTo > this.readSeq && !log.covers(this.readSeq);
      default:
        return false;
    }
  }

  counts(log: ChannelLog): Counts {
    if (!this.known) return NONE;
    const { unread, mentions } = log.covers(this.readSeq) ? countAfter(log.messages, this.readSeq, this.me) : this.counted;
    return { unread: Math.min(MAX_COUNT, unread), mentions: Math.min(MAX_COUNT, mentions) };
  }

  private take(standing: Standing, upTo: number): void {
    this.known = true;
    this.role = standing.role;
    this.notifyLevel = standing.notifyLevel;
    this.readSeq = standing.readSeq;
    this.upTo = upTo;
  }
}

const NONE: Counts = { unread: 0, mentions: 0 };

const lastSeq = (log: ChannelLog) => log.messages[log.messages.length - 1]?.seq ?? 0;

function countAfter(messages: readonly Message[], seq: number, me: string): Counts {
  let unread = 0;
  let mentions = 0;
  for (let at = messages.length - 1; at >= 0; at--) {
    const message = messages[at]!;
    if (message.seq <= seq) break;
    const one = countOf(message, me);
    unread += one.unread;
    mentions += one.mentions;
  }
  return { unread, mentions };
}

/** Replies count only where one is named; what Parley itself writes, and what is deleted, nowhere. */
function countOf(message: Message, me: string): Counts {
  if (message.senderId._id === me || message.isDeleted) return NONE;
  const counts = message.parentMessageId === undefined && message.messageType !== "system";
  const named = message.mentionsChannel || message.mentions.includes(me);
  return { unread: Number(counts), mentions: Number(named) };
}

/** The number to show at a channel, as its notifications are set. */
export function badgeOf(counts: Counts, level: NotifyLevel): number {
  if (level === "none") return 0;
  return level === "mentions" ? counts.mentions : Math.max(counts.unread, counts.mentions);
}
