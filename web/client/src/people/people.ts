import { Emitter, type Unsubscribe } from "../emitter";
import type { Id, Sender } from "../wire";

type Looks = Pick<Sender, "name" | "avatarUrl">;

/** Fields of one object that name a person: their id, and what they are called. */
const NAMED = [
  ["_id", "name"],
  ["userId", "name"],
  ["userId", "userName"],
  ["senderId", "senderName"],
  ["actorId", "actorName"],
  ["reporterId", "reporterName"],
  ["initiatorId", "initiatorName"],
] as const;

type PeopleEvents = {
  /** Somebody looks otherwise: whoever keeps people takes `current` of them. */
  changed: undefined;
};

/**
 * How people look to others now, where that has changed since this client came. What the server has answered before, or
 * answers from before, is brought up to date by it.
 */
export class People extends Emitter<PeopleEvents> {
  private readonly known = new Map<Id, Looks>();
  private changes = 0;

  /** Another one after each change. */
  get version(): number {
    return this.changes;
  }

  take(people: readonly Sender[]): void {
    if (people.length === 0) return;
    people.forEach(({ _id, name, avatarUrl }) => this.known.set(_id, { name, avatarUrl }));
    this.changes++;
    this.emit("changed", undefined);
  }

  /** What is fetched from now on is newer than all that was told. */
  forget(): void {
    this.known.clear();
  }

  /** A value of the server's with everybody in it as they look now; the same value when that is as it says. */
  current<T>(value: T): T {
    return this.known.size === 0 ? value : (this.renewed(value) as T);
  }

  /** Calls back with each change, until stopped. */
  onChange(renew: (current: <T>(value: T) => T) => void): Unsubscribe {
    return this.on("changed", () => renew((value) => this.current(value)));
  }

  private renewed(value: unknown): unknown {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const list = value.map((each) => this.renewed(each));
      return list.some((each, at) => each !== value[at]) ? list : value;
    }
    const fields = value as Record<string, unknown>;
    const news: Record<string, unknown> = this.newsOf(fields);
    for (const key in fields) {
      const after = this.renewed(fields[key]);
      if (after !== fields[key]) news[key] = after;
    }
    return Object.keys(news).length > 0 ? { ...fields, ...news } : value;
  }

  /** What is otherwise about those whom an object names. */
  private newsOf(fields: Record<string, unknown>): Record<string, unknown> {
    const news: Record<string, unknown> = {};
    for (const [id, name] of NAMED) {
      const looks = typeof fields[id] === "string" && typeof fields[name] === "string" ? this.known.get(fields[id]) : undefined;
      if (!looks) continue;
      if (fields[name] !== looks.name) news[name] = looks.name;
      if ("avatarUrl" in fields && fields.avatarUrl !== looks.avatarUrl) news.avatarUrl = looks.avatarUrl;
    }
    return news;
  }
}
