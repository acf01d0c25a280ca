import { Backoff } from "../backoff";
import { ParleyError } from "../errors";
import { uuidv7 } from "../ids";
import type { Message, SendMessage, Sent } from "../wire";

/** A message of one's own that is not, or not yet, in the channel's log. */
export interface Pending {
  readonly clientId: string;
  readonly channelId: string;
  readonly message: string;
  readonly createdAt: string;
  readonly state: "sending" | "sent" | "failed";
  readonly error?: { code: string; message: string };
  readonly sent?: Sent;
}

export interface OutboxOptions {
  send: (message: SendMessage) => Promise<Sent>;
  onChange: (channelId: string) => void;
  onSent: (item: Pending, sent: Sent) => void;
  /** Keeps what is unsent over a reload of the page. */
  storage?: Pick<Storage, "getItem" | "setItem"> | undefined;
  storageKey?: string;
  random?: () => number;
}

/** After so many answers of "not now" a message is left to the user; attempts that got no answer do not count. */
const MAX_REFUSALS = 6;

/**
 * Sends messages one after the other in each channel, so that they arrive in the order written, and again until there is
 * an answer. Every attempt carries the same clientId, of which the server makes one message.
 */
export class Outbox {
  private items: readonly Pending[];
  private readonly draining = new Set<string>();

  constructor(private readonly options: OutboxOptions) {
    this.items = this.restore();
  }

  pending(channelId: string): readonly Pending[] {
    return this.items.filter((item) => item.channelId === channelId);
  }

  add(channelId: string, message: string): Pending {
    const createdAt = new Date().toISOString();
    const item: Pending = { clientId: uuidv7(), channelId, message, createdAt, state: "sending" };
    this.items = [...this.items, item];
    this.changed(channelId);
    void this.drain(channelId);
    return item;
  }

  retry(clientId: string): void {
    const item = this.items.find((each) => each.clientId === clientId && each.state === "failed");
    if (!item) return;
    const { error: _, ...rest } = item;
    this.replace(clientId, { ...rest, state: "sending" });
    void this.drain(item.channelId);
  }

  discard(clientId: string): void {
    const item = this.items.find((each) => each.clientId === clientId && each.state === "failed");
    if (item) this.remove(item);
  }

  /** The log has these messages: what was pending of them is done. */
  settle(channelId: string, messages: readonly Message[]): void {
    const mine = this.pending(channelId);
    if (mine.length === 0) return;
    const known = new Set(messages.map((message) => message.clientId));
    for (const item of mine) if (known.has(item.clientId)) this.remove(item);
  }

  /** There is a connection again. */
  resume(): void {
    for (const channelId of new Set(this.items.map((item) => item.channelId))) void this.drain(channelId);
  }

  /** A channel is gone, and with it what was to be sent to it. */
  drop(channelId: string): void {
    for (const item of this.pending(channelId)) this.remove(item);
  }

  private async drain(channelId: string): Promise<void> {
    if (this.draining.has(channelId)) return;
    this.draining.add(channelId);
    try {
      for (let item; (item = this.nextOf(channelId)); ) {
        if (!(await this.deliver(item))) return;
      }
    } finally {
      this.draining.delete(channelId);
    }
  }

  private nextOf(channelId: string): Pending | undefined {
    return this.items.find((item) => item.channelId === channelId && item.state === "sending");
  }

  /** Attempts until there is an outcome; false when the connection is gone and `resume` has to come first. */
  private async deliver(item: Pending): Promise<boolean> {
    const backoff = new Backoff(250, 1_000, 15_000, this.options.random);
    const { channelId, message, clientId } = item;
    for (let refusals = 0; ; ) {
      try {
        const sent = await this.options.send({ channelId, message, messageType: "text", clientId });
        this.replace(clientId, { ...item, state: "sent", sent });
        this.options.onSent(item, sent);
        return true;
      } catch (problem) {
        const error = ParleyError.of(problem);
        if (error.code === "disconnected") return false;
        if (!error.unanswered) refusals++;
        if (!error.retryable || refusals >= MAX_REFUSALS) {
          this.replace(clientId, { ...item, state: "failed", error: { code: error.code, message: error.message } });
          return true;
        }
        await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? backoff.next()));
        if (!this.items.some((each) => each.clientId === clientId)) return true; // it arrived, only the ack did not
      }
    }
  }

  private replace(clientId: string, next: Pending): void {
    this.items = this.items.map((item) => (item.clientId === clientId ? next : item));
    this.changed(next.channelId);
  }

  private remove(item: Pending): void {
    this.items = this.items.filter((each) => each.clientId !== item.clientId);
    this.changed(item.channelId);
  }

  private changed(channelId: string): void {
    const unsent = this.items.filter((item) => item.state !== "sent");
    try {
      this.options.storage?.setItem(this.options.storageKey ?? "parley.outbox", JSON.stringify(unsent));
    } catch {
      // A full or forbidden storage costs what is unsent at a reload, and nothing else.
    }
    this.options.onChange(channelId);
  }

  private restore(): readonly Pending[] {
    try {
      const text = this.options.storage?.getItem(this.options.storageKey ?? "parley.outbox");
      const items: unknown = text ? JSON.parse(text) : [];
      return Array.isArray(items) ? items.filter(isPending) : [];
    } catch {
      return [];
    }
  }
}

function isPending(value: unknown): value is Pending {
  const item = value as Partial<Pending> | null;
  const texts = [item?.clientId, item?.channelId, item?.message, item?.createdAt];
  return texts.every((text) => typeof text === "string") && (item?.state === "sending" || item?.state === "failed");
}
