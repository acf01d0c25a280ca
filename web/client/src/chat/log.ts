import type { ChannelEvent, ChannelSync, Message, MessagePage } from "../wire";
import { applyToMessages } from "./apply";
import { merge } from "./merge";

/** How many messages are kept of a channel that nobody has opened. */
const UNOPENED_TAIL = 100;
/** How many events from beyond a gap are kept while the gap is fetched; what is more comes with the fetch. */
const MAX_AHEAD = 500;
/** How many of the last events are kept, to bring a page up to date that was read before them and came after them. */
const MAX_RECENT = 300;

export type Offered = "applied" | "known" | "gap";

/**
 * One channel's messages and its position in the channel's events. An event is applied only when it is the next one;
 * what comes early waits, what comes twice is ignored. So at any time the state is exactly that of `position`.
 *
 * `messages` is replaced, never changed, and has no hole: seqs run from the oldest loaded to the newest.
 */
export class ChannelLog {
  messages: readonly Message[] = [];
  hasMore = true;
  status: "unopened" | "loading" | "ready" | "failed" = "unopened";
  private readonly ahead = new Map<number, ChannelEvent>();
  private recent: ChannelEvent[] = [];

  constructor(
    public position: number,
    /** Called for each event applied, in order. */
    private readonly onApplied: (event: ChannelEvent) => void = () => {},
  ) {}

  get hasGap(): boolean {
    return this.ahead.size > 0;
  }

  offer(event: ChannelEvent): Offered {
    if (event.eventSeq <= this.position) return "known";
    if (event.eventSeq > this.position + 1) {
      if (this.ahead.size < MAX_AHEAD) this.ahead.set(event.eventSeq, event);
      return "gap";
    }
    this.apply(event);
    this.drain();
    return "applied";
  }

  /** Takes the answer of a sync. False: everything known is void, and the messages have to be fetched anew. */
  takeSync(sync: Exclude<ChannelSync, { status: "gone" }>): boolean {
    if (sync.status === "reset") {
      this.reset(sync.eventSeq);
      return false;
    }
    for (const event of sync.events) {
      if (event.eventSeq > this.position) this.apply(event);
    }
    this.moveTo(sync.eventSeq);
    return true;
  }

  /** Forgets all messages and continues from a position of the server's. */
  reset(position: number): void {
    this.messages = [];
    this.recent = [];
    this.hasMore = true;
    this.position = position;
    this.status = "unopened";
    this.drain();
  }

  /** The newest page, on top of which events since are kept. */
  takeLatest(page: MessagePage): void {
    const messages = this.upToDate(page);
    const oldest = messages[0]?.seq ?? 0;
    const later = this.messages.filter((message) => message.seq >= oldest);
    this.messages = merge(later, messages, page.eventSeq >= this.position);
    this.hasMore = page.hasMore;
    this.status = "ready";
  }

  /** A page from before the oldest message. One that does not join up with it is of another time, and ignored. */
  takeOlder(page: MessagePage, before: number): void {
    if (this.messages[0]?.seq !== before) return;
    this.messages = merge(this.messages, this.upToDate(page), false);
    this.hasMore = page.hasMore && page.messages.length > 0;
  }

  /** True when every message after `seq` is here. */
  covers(seq: number): boolean {
    const first = this.messages[0];
    return first !== undefined && (first.seq <= seq + 1 || (this.status === "ready" && !this.hasMore));
  }

  /** Whether messages that end with `newest` would leave no hole before those that are here. */
  meets(newest: number): boolean {
    const first = this.messages[0];
    return first !== undefined && newest >= first.seq - 1;
  }

  /** Takes a stretch of the past that meets what is here. */
  join(messages: readonly Message[], hasMore: boolean): void {
    const first = this.messages[0]?.seq ?? Infinity;
    if (this.status !== "ready" || (messages[0]?.seq ?? Infinity) < first) this.hasMore = hasMore;
    this.messages = merge(this.messages, messages, false);
    this.status = "ready";
  }

  /** What was applied after a position, as far as it is remembered. */
  since(eventSeq: number): readonly ChannelEvent[] {
    return this.recent.filter((event) => event.eventSeq > eventSeq);
  }

  /** A page's messages with what happened to them since it was read. */
  upToDate(page: MessagePage): readonly Message[] {
    return this.since(page.eventSeq).reduce(applyToMessages, page.messages as readonly Message[]);
  }

  /** Brings up to date how people look, also in what is still to be applied. */
  renew(current: <T>(value: T) => T): void {
    this.messages = current(this.messages);
    this.recent = current(this.recent);
    this.ahead.forEach((event, seq) => this.ahead.set(seq, current(event)));
  }

  private apply(event: ChannelEvent): void {
    this.position = event.eventSeq;
    this.ahead.delete(event.eventSeq);
    this.recent.push(event);
    if (this.recent.length > MAX_RECENT) this.recent = this.recent.slice(-MAX_RECENT / 2);
    if (event.event === "newMessage") this.add(event.data.message);
    this.messages = applyToMessages(this.messages, event);
    this.onApplied(event);
  }

  private add(message: Message): void {
    const oldest = this.messages[0]?.seq;
    if (oldest !== undefined && message.seq < oldest && this.hasMore) return;
    const next = merge(this.messages, [message], true);
    this.messages = this.status === "unopened" ? next.slice(-UNOPENED_TAIL) : next;
  }

  private moveTo(position: number): void {
    this.position = Math.max(this.position, position);
    this.drain();
  }

  private drain(): void {
    for (const seq of this.ahead.keys()) if (seq <= this.position) this.ahead.delete(seq);
    for (let next; (next = this.ahead.get(this.position + 1)); ) this.apply(next);
  }
}
