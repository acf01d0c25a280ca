import type { Connection, Push } from "../connection";
import { Emitter } from "../emitter";
import type { Typing as TypingPush } from "../wire";
import { placeKey, Writing } from "./writing";

const SHOWN_MS = 6_000;

export interface Writer {
  readonly userId: string;
  readonly name: string;
}

interface Shown extends Writer {
  timer: ReturnType<typeof setTimeout>;
}

type TypingEvents = {
  changed: { channelId: string; parentMessageId?: string };
};

/** Who is writing where, and telling others that one is. */
export class Typing extends Emitter<TypingEvents> {
  readonly writing: Writing;
  private readonly places = new Map<string, Map<string, Shown>>();
  private readonly stop: () => void;

  constructor(private readonly connection: Connection) {
    super();
    this.writing = new Writing(connection);
    this.stop = connection.on("push", (push) => this.take(push));
  }

  dispose(): void {
    this.stop();
    for (const place of this.places.values()) for (const { timer } of place.values()) clearTimeout(timer);
    this.places.clear();
  }

  /** Who is writing in a channel, or in a thread of it, in the order in which they began. */
  in(channelId: string, parentMessageId?: string): readonly Writer[] {
    const place = this.places.get(placeKey(channelId, parentMessageId));
    return place ? [...place.values()].map(({ userId, name }) => ({ userId, name })) : [];
  }

  private take(push: Push): void {
    if (push.event === "typing:started") this.started(push.data);
    else if (push.event === "typing:stopped") this.ended(push.data.channelId, push.data.userId, push.data.parentMessageId);
    else if (push.event === "newMessage") {
      const { channelId, message } = push.data;
      this.ended(channelId, message.senderId._id, message.parentMessageId);
    }
  }

  private started({ channelId, userId, userName: name, parentMessageId }: TypingPush): void {
    if (userId === this.connection.ready?.user._id) return; // oneself, on another device
    const key = placeKey(channelId, parentMessageId);
    const place = this.places.get(key) ?? new Map<string, Shown>();
    this.places.set(key, place);
    clearTimeout(place.get(userId)?.timer);
    place.set(userId, { userId, name, timer: setTimeout(() => this.ended(channelId, userId, parentMessageId), SHOWN_MS) });
    this.tell(channelId, parentMessageId);
  }

  private ended(channelId: string, userId: string, parentMessageId?: string): void {
    const key = placeKey(channelId, parentMessageId);
    const place = this.places.get(key);
    const shown = place?.get(userId);
    if (!place || !shown) return;
    clearTimeout(shown.timer);
    place.delete(userId);
    if (place.size === 0) this.places.delete(key);
    this.tell(channelId, parentMessageId);
  }

  private tell(channelId: string, parentMessageId?: string): void {
    this.emit("changed", parentMessageId ? { channelId, parentMessageId } : { channelId });
  }
}
