import type { Api } from "../api";
import type { Connection } from "../connection";
import { Emitter } from "../emitter";
import type { Sender } from "../wire";

type BlockEvents = { changed: readonly Sender[] };

/** Whom one hears nothing of, the same on all devices. */
export class Blocks extends Emitter<BlockEvents> {
  private people: readonly Sender[] = [];
  private readonly stops: (() => void)[];
  /** Counts loads: only the answer to the last one holds. */
  private turn = 0;

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {
    super();
    this.stops = [
      connection.on("online", () => void this.load()),
      connection.on("stale", () => void this.load()),
      connection.on("push", ({ event }) => event === "userBlocked" && void this.load()),
      connection.people.onChange((current) => this.take(current(this.people))),
    ];
  }

  dispose(): void {
    this.stops.forEach((stop) => stop());
  }

  get list(): readonly Sender[] {
    return this.people;
  }

  has(userId: string): boolean {
    return this.people.some(({ _id }) => _id === userId);
  }

  async set(userId: string, on: boolean): Promise<void> {
    await this.connection.request("blockUser", { userId, on });
    await this.load();
  }

  private async load(): Promise<void> {
    const turn = ++this.turn;
    const people = await this.api.blocks().catch(() => null); // without it, only what is hidden is not known
    if (people && turn === this.turn) this.take(people);
  }

  private take(people: readonly Sender[]): void {
    this.people = people;
    this.emit("changed", people);
  }
}
