import type { Message, Pending, Sender } from "@parley/client";
import { dayKey } from "./time";

/** One line of a conversation: a message of the log, or one of one's own on its way there. */
export interface Entry {
  /** The same before and after the server knows the message, so that it is not drawn anew. */
  key: string;
  sender: Sender;
  text: string;
  at: string;
  seq: number | null;
  state: "sent" | "sending" | "failed";
  message: Message | null;
  pending: Pending | null;
}

/** What is shown one below the other. */
export type Row =
  | { kind: "beginning"; key: string }
  | { kind: "day"; key: string; at: string }
  | { kind: "new"; key: string }
  /** Between the message that a thread hangs on and its replies. */
  | { kind: "replies"; key: string; count: number }
  | { kind: "note"; key: string; entry: Entry }
  | { kind: "message"; key: string; entry: Entry; first: boolean };

export interface RowOptions {
  me: Sender;
  /** The seq of the last message read before the channel was opened; null for no mark. */
  newAfter: number | null;
  /** The conversation's beginning is here. */
  begins: boolean;
  /** A thread's replies; in a channel they are left out. */
  thread: boolean;
}

const GROUP_MS = 5 * 60_000;

const entries = new WeakMap<Message | Pending, Entry>();
const days = new WeakMap<Entry, string>();

/**
 * Makes rows of messages. What stayed the same at the beginning is not made again, so that one more message costs little
 * however many there are.
 */
export class Rows {
  private messages: readonly Message[] = [];
  private rows: Row[] = [];
  /** How many rows there were after each message, and the last entry among them. */
  private ends: { rows: number; last: Entry | null; marked: boolean }[] = [];
  private options: RowOptions | null = null;

  build(messages: readonly Message[], pending: readonly Pending[], options: RowOptions): Row[] {
    const before = this.options;
    const same =
      before?.newAfter === options.newAfter && before.begins === options.begins && before.me._id === options.me._id && before.thread === options.thread;
    const kept = same ? commonStart(this.messages, messages) : 0;
    this.options = options;
    this.ends.length = kept;
    const end = this.ends[kept - 1] ?? { rows: Number(options.begins), last: null, marked: options.newAfter === null };
    const rows = kept > 0 ? this.rows.slice(0, end.rows) : options.begins ? [{ kind: "beginning", key: "beginning" } satisfies Row] : [];
    const writer = new Writer(rows as Row[], end.last, end.marked, options);
    for (let at = kept; at < messages.length; at++) {
      const message = messages[at]!;
      if (options.thread || message.parentMessageId === undefined) writer.add(entryOf(message));
      this.ends.push({ rows: rows.length, last: writer.last, marked: writer.marked });
    }
    this.messages = messages;
    this.rows = rows as Row[];
    const waiting = pending.filter((item) => options.thread || item.parentMessageId === undefined);
    if (waiting.length === 0) return rows as Row[];
    const tail = new Writer([...(rows as Row[])], writer.last, true, options);
    const known = new Set(messages.slice(-500).map((message) => message.clientId));
    for (const item of waiting) if (!known.has(item.clientId)) tail.add(entryOfPending(item, options.me));
    return tail.rows;
  }
}

class Writer {
  constructor(
    readonly rows: Row[],
    public last: Entry | null,
    public marked: boolean,
    private readonly options: RowOptions,
  ) {}

  add(entry: Entry): void {
    const { last, rows } = this;
    let breaks = !last || last.sender._id !== entry.sender._id || Date.parse(entry.at) - Date.parse(last.at) > GROUP_MS;
    const parent = (entry.message ?? entry.pending)?.parentMessageId;
    if (this.options.thread && parent !== undefined && last?.message?._id === parent) {
      rows.push({ kind: "replies", key: "replies", count: last.message.threadCount });
      breaks = true;
    }
    if (!last || dayOf(last) !== dayOf(entry)) {
      rows.push({ kind: "day", key: `day ${dayOf(entry)}`, at: entry.at });
      breaks = true;
    }
    if (!this.marked && entry.seq !== null && entry.seq > this.options.newAfter! && entry.sender._id !== this.options.me._id) {
      rows.push({ kind: "new", key: "new" });
      this.marked = breaks = true;
    }
    const note = entry.message?.messageType === "system";
    if (note) rows.push({ kind: "note", key: entry.key, entry });
    else {
      const quoted = Boolean(entry.message?.quote ?? entry.pending?.quote);
      const first = breaks || quoted || last?.message?.messageType === "system";
      rows.push({ kind: "message", key: entry.key, entry, first });
    }
    this.last = entry;
  }
}

function commonStart(a: readonly Message[], b: readonly Message[]): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a[at] === b[at]) at++;
  return at;
}

function dayOf(entry: Entry): string {
  let day = days.get(entry);
  if (day === undefined) days.set(entry, (day = dayKey(entry.at)));
  return day;
}

export function entryOf(message: Message): Entry {
  const known = entries.get(message);
  if (known) return known;
  const { senderId: sender, message: text, createdAt: at, seq } = message;
  const entry: Entry = { key: message.clientId || message._id, sender, text, at, seq, state: "sent", message, pending: null };
  entries.set(message, entry);
  return entry;
}

function entryOfPending(pending: Pending, sender: Sender): Entry {
  const known = entries.get(pending);
  if (known) return known;
  const at = pending.sent?.createdAt ?? pending.createdAt;
  const { clientId: key, message: text, state } = pending;
  const entry: Entry = { key, sender, text, at, seq: pending.sent?.seq ?? null, state, message: null, pending };
  entries.set(pending, entry);
  return entry;
}
