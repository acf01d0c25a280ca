import type { Connection } from "../connection";

/** Others are told at most so often, and show it for twice as long. */
const EVERY_MS = 3_000;
const SHOWN_MS = 6_000;

/** Tells others that one is writing. */
export class Writing {
  /** When it was last told, by place. */
  private readonly told = new Map<string, number>();

  constructor(private readonly connection: Pick<Connection, "request">) {}

  /** To be called for every change of the text; an empty one means that one has stopped. */
  changed(channelId: string, text: string, parentMessageId?: string): void {
    if (text.trim() === "") return this.stopped(channelId, parentMessageId);
    const key = placeKey(channelId, parentMessageId);
    const now = Date.now();
    if (now - (this.told.get(key) ?? -EVERY_MS) < EVERY_MS) return;
    this.told.set(key, now);
    this.connection.request("typing:start", where(channelId, parentMessageId)).catch(() => this.told.delete(key));
  }

  /** One has left the field, or emptied it. */
  stopped(channelId: string, parentMessageId?: string): void {
    const key = placeKey(channelId, parentMessageId);
    const told = this.told.get(key);
    this.told.delete(key);
    if (told === undefined || Date.now() - told >= SHOWN_MS) return; // others show nothing any more
    this.connection.request("typing:stop", where(channelId, parentMessageId)).catch(() => {}); // then they stop by themselves
  }

  /** What was written is sent, which says enough. */
  sent(channelId: string, parentMessageId?: string): void {
    this.told.delete(placeKey(channelId, parentMessageId));
  }
}

/** Where somebody writes: a channel, or a thread in it. */
export const placeKey = (channelId: string, parentMessageId = "") => `${channelId}/${parentMessageId}`;

const where = (channelId: string, parentMessageId?: string) =>
  parentMessageId ? { channelId, parentMessageId } : { channelId };
