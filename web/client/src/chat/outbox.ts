import { Backoff } from "../backoff";
import { ParleyError } from "../errors";
import { uuidv7 } from "../ids";
import type { Message, Quote, Sender, SendMessage, Sent } from "../wire";
import { noStore, type OutboxStore, type StoreChange } from "./outboxStore";

/** What one writes. */
export interface Outgoing {
  readonly message: string;
  /** Makes it a reply in the thread of that message. */
  readonly parentMessageId?: string;
  /** Members whose names stand in the text as “@Name”. */
  readonly mentioned?: readonly Sender[];
  /** What it quotes or forwards, as it is shown. */
  readonly quote?: Quote;
  /** The writer knows that `@channel` tells everyone. */
  readonly confirmChannelMention?: boolean;
}

/** A message of one's own that is not, or not yet, in the channel's log. */
export interface Pending extends Outgoing {
  readonly clientId: string;
  readonly channelId: string;
  readonly createdAt: string;
  readonly state: "sending" | "sent" | "failed";
  readonly error?: { code: string; message: string };
  readonly sent?: Sent;
}

export interface OutboxOptions {
  send: (message: SendMessage) => Promise<Sent>;
  onChange: (channelId: string) => void;
  onSent: (item: Pending, sent: Sent) => void;
  store?: OutboxStore;
  random?: () => number;
}

/** After so many answers of "not now" a message is left to the user; attempts that got no answer do not count. */
const MAX_REFUSALS = 6;
/** How many messages may wait. */
const MAX_WAITING = 500;
const NONE: readonly Pending[] = [];
/** After this time what another page has not sent is taken for left behind. */
const ADOPT_MS = 15_000;

/**
 * Sends messages one after the other in each channel, so that they arrive in the order written, and again until there is
 * an answer. Every attempt carries the same clientId, of which the server makes one message. What is unsent is kept in a
 * store that all pages of a user share: what a closed page leaves behind, another one or the next one sends.
 */
export class Outbox {
  private items: readonly Pending[] = [];
  /** Of other pages, which send them unless they are gone. */
  private readonly foreign = new Set<string>();
  private readonly told = new Map<string, readonly Pending[]>();
  private readonly draining = new Set<string>();
  /** How often there was a connection again. */
  private resumed = 0;
  private readonly store: OutboxStore;
  private readonly stopListening: () => void;
  private adoption: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(private readonly options: OutboxOptions) {
    this.store = options.store ?? noStore;
    this.stopListening = this.store.onChange((change) => this.changedElsewhere(change));
    void this.restore();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.adoption);
    this.stopListening();
  }

  /** The same array as long as it holds the same. */
  pending(channelId: string): readonly Pending[] {
    const last = this.told.get(channelId) ?? NONE;
    const now = this.items.filter((item) => item.channelId === channelId);
    if (now.length === last.length && now.every((item, index) => item === last[index])) return last;
    this.told.set(channelId, now);
    return now;
  }

  add(channelId: string, outgoing: Outgoing): Pending {
    if (this.items.length >= MAX_WAITING) throw new ParleyError("outbox_full", `${MAX_WAITING} messages wait to be sent already.`);
    const createdAt = new Date().toISOString();
    const item: Pending = { ...outgoing, clientId: uuidv7(), channelId, createdAt, state: "sending" };
    this.items = [...this.items, item];
    this.store.put(item);
    this.options.onChange(channelId);
    void this.drain(channelId);
    return item;
  }

  retry(clientId: string, change: Partial<Outgoing> = {}): void {
    const item = this.items.find((each) => each.clientId === clientId && each.state === "failed");
    if (!item) return;
    const { error: _, ...rest } = item;
    this.foreign.delete(clientId);
    this.replace({ ...rest, ...change, state: "sending" });
    void this.drain(item.channelId);
  }

  discard(clientId: string): void {
    const item = this.items.find((each) => each.clientId === clientId && each.state === "failed");
    if (item) this.remove(item);
  }

  /** The log has these messages: what was pending of them is done. */
  settle(channelId: string, messages: readonly Pick<Message, "clientId">[]): void {
    const mine = this.pending(channelId);
    if (mine.length === 0) return;
    const known = new Set(messages.map((message) => message.clientId));
    for (const item of mine) if (known.has(item.clientId)) this.remove(item);
  }

  /** There is a connection again. */
  resume(): void {
    this.foreign.clear();
    this.resumed++;
    for (const channelId of new Set(this.items.map((item) => item.channelId))) void this.drain(channelId);
  }

  /** A channel is gone, and with it what was to be sent to it. */
  drop(channelId: string): void {
    for (const item of this.pending(channelId)) this.remove(item);
  }

  private async restore(): Promise<void> {
    const known = new Set(this.items.map((item) => item.clientId));
    const kept = (await this.store.load()).filter((item) => !known.has(item.clientId));
    if (kept.length === 0 || this.stopped) return;
    this.items = [...kept, ...this.items].sort((a, b) => (a.clientId < b.clientId ? -1 : 1));
    for (const channelId of new Set(kept.map((item) => item.channelId))) {
      this.options.onChange(channelId);
      void this.drain(channelId);
    }
  }

  private changedElsewhere(change: StoreChange): void {
    const id = "put" in change ? change.put.clientId : change.removed;
    const known = this.items.find((item) => item.clientId === id);
    if ("put" in change) {
      if (known?.state === "sent") return;
      this.foreign.add(id);
      this.items = known ? this.items.map((item) => (item === known ? change.put : item)) : [...this.items, change.put];
      this.adoptLater();
    } else if (known && known.state !== "sent") this.items = this.items.filter((item) => item !== known);
    this.options.onChange("put" in change ? change.put.channelId : (known?.channelId ?? ""));
  }

  private adoptLater(): void {
    clearTimeout(this.adoption);
    this.adoption = setTimeout(() => this.resume(), ADOPT_MS);
  }

  private async drain(channelId: string): Promise<void> {
    if (this.draining.has(channelId) || !this.nextOf(channelId)) return;
    this.draining.add(channelId);
    const { resumed } = this;
    let connected = true;
    try {
      await this.store.exclusively(channelId, async () => {
        for (let item; connected && !this.stopped && (item = this.nextOf(channelId)); ) connected = await this.deliver(item);
      });
    } finally {
      this.draining.delete(channelId);
    }
    // What was written, or could not be sent yet, while the lock was waited for and given back.
    if ((connected || resumed !== this.resumed) && !this.stopped) void this.drain(channelId);
  }

  private nextOf(channelId: string): Pending | undefined {
    return this.items.find((item) => item.channelId === channelId && item.state === "sending" && !this.foreign.has(item.clientId));
  }

  /** Attempts until there is an outcome; false when the connection is gone and `resume` has to come first. */
  private async deliver(item: Pending): Promise<boolean> {
    const backoff = new Backoff(250, 1_000, 15_000, this.options.random);
    for (let refusals = 0; ; ) {
      try {
        const sent = await this.options.send(requestOf(item));
        this.replace({ ...item, state: "sent", sent });
        this.options.onSent(item, sent);
        return true;
      } catch (problem) {
        const error = ParleyError.of(problem);
        if (error.code === "disconnected") return false;
        if (!error.unanswered) refusals++;
        if (!error.retryable || refusals >= MAX_REFUSALS) {
          this.replace({ ...item, state: "failed", error: { code: error.code, message: error.message } });
          return true;
        }
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? backoff.next()));
        if (this.stopped || !this.items.some((each) => each.clientId === item.clientId)) return true; // it arrived, only the ack did not
      }
    }
  }

  private replace(next: Pending): void {
    if (!this.items.some((item) => item.clientId === next.clientId)) return;
    this.items = this.items.map((item) => (item.clientId === next.clientId ? next : item));
    if (next.state === "sent") this.store.remove(next.clientId);
    else this.store.put(next);
    this.options.onChange(next.channelId);
  }

  private remove(item: Pending): void {
    this.items = this.items.filter((each) => each.clientId !== item.clientId);
    if (item.state !== "sent") this.store.remove(item.clientId);
    this.options.onChange(item.channelId);
  }
}

function requestOf({ channelId, message, clientId, parentMessageId, mentioned, quote, confirmChannelMention }: Pending): SendMessage {
  return {
    channelId,
    message,
    messageType: "text",
    clientId,
    ...(parentMessageId ? { parentMessageId } : {}),
    ...(mentioned && mentioned.length > 0 ? { mentions: mentioned.map(({ _id }) => _id) } : {}),
    ...(quote ? { quoteMessageId: quote.messageId } : {}),
    ...(confirmChannelMention ? { confirmChannelMention } : {}),
  };
}
