import type { Message, Pending } from "@parley/client";
import { dayKey } from "./time";

/** One line of a conversation: a message of the log, or one of one's own on its way there. */
export interface Entry {
  key: string;
  senderId: string;
  senderName: string;
  avatarUrl: string;
  text: string;
  at: string;
  seq: number | null;
  state: "sent" | "sending" | "failed";
  clientId: string;
  error: string | null;
  deleted: boolean;
  edited: boolean;
}

/** What is shown one below the other: days, the mark of what is new, and runs of one person's messages. */
export type Block =
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  | { kind: "group"; key: string; entries: Entry[] };

const GROUP_MS = 5 * 60_000;

export interface Me {
  _id: string;
  name: string;
  avatarUrl: string;
}

export function entriesOf(messages: readonly Message[], pending: readonly Pending[], me: Me): Entry[] {
  const known = new Set(messages.map((message) => message.clientId));
  return [...messages.map(ofMessage), ...pending.filter((each) => !known.has(each.clientId)).map((each) => ofPending(each, me))];
}

function ofMessage(message: Message): Entry {
  const { _id, name, avatarUrl } = message.senderId;
  return {
    // The same key before and after the server knows the message, so that it is not drawn anew.
    key: message.clientId || message._id,
    senderId: _id,
    senderName: name,
    avatarUrl,
    text: message.message,
    at: message.createdAt,
    seq: message.seq,
    state: "sent",
    clientId: message.clientId,
    error: null,
    deleted: message.isDeleted,
    edited: message.isEdited,
  };
}

function ofPending(pending: Pending, me: Me): Entry {
  return {
    key: pending.clientId,
    senderId: me._id,
    senderName: me.name,
    avatarUrl: me.avatarUrl,
    text: pending.message,
    at: pending.sent?.createdAt ?? pending.createdAt,
    seq: pending.sent?.seq ?? null,
    state: pending.state,
    clientId: pending.clientId,
    error: pending.error?.message ?? null,
    deleted: false,
    edited: false,
  };
}

/** `newAfter` is the seq of the last message seen before the channel was opened; null for no mark. */
export function blocksOf(entries: readonly Entry[], newAfter: number | null, me: string): Block[] {
  const blocks: Block[] = [];
  let marked = newAfter === null;
  let before: Entry | null = null;
  for (const entry of entries) {
    let breaks = !before || before.senderId !== entry.senderId || gap(before, entry) > GROUP_MS;
    if (!before || dayKey(before.at) !== dayKey(entry.at)) {
      blocks.push({ kind: "day", key: `day ${dayKey(entry.at)}`, at: entry.at });
      breaks = true;
    }
    if (!marked && entry.seq !== null && entry.seq > newAfter! && entry.senderId !== me) {
      blocks.push({ kind: "new", key: "new" });
      marked = breaks = true;
    }
    const last = blocks[blocks.length - 1];
    if (!breaks && last?.kind === "group") last.entries.push(entry);
    else blocks.push({ kind: "group", key: entry.key, entries: [entry] });
    before = entry;
  }
  return blocks;
}

const gap = (a: Entry, b: Entry) => Date.parse(b.at) - Date.parse(a.at);
