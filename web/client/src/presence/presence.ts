import type { Api } from "../api";
import type { Connection, Push } from "../connection";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { OwnStatus, Presence } from "../wire";
import { type InputTarget, reportActivity } from "./activity";
import { WatchList } from "./watchList";

type PresenceEvents = {
  /** Of one person. */
  changed: string;
  /** What one says of oneself, on this device or another. */
  own: OwnStatus;
};

/** Who of those that are looked at is online, and what one says of oneself. */
export class PeoplePresence extends Emitter<PresenceEvents> {
  private readonly known = new Map<string, Presence>();
  private readonly list: WatchList;
  private mine: OwnStatus | null = null;
  private stopWatchingMyself: () => void = () => {};
  private userId = "";
  private readonly stops: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
    input: InputTarget | undefined = typeof window === "undefined" ? undefined : window,
  ) {
    super();
    this.list = new WatchList((userIds) => void this.ask(userIds));
    this.stops = [
      connection.on("online", ({ user }) => this.start(user._id)),
      connection.on("user", () => this.anew()),
      connection.on("push", (push) => this.take(push)),
      ...(input ? [reportActivity(connection, input)] : []),
    ];
  }

  dispose(): void {
    this.stops.forEach((stop) => stop());
    this.list.stop();
  }

  /** How somebody is; undefined while that is not known. */
  of(userId: string): Presence | undefined {
    return this.known.get(userId);
  }

  /** What one says of oneself; null until it is known. */
  get own(): OwnStatus | null {
    return this.mine;
  }

  /** These people are on the screen, until the answer is called. */
  watch(userIds: readonly string[]): () => void {
    return this.list.add(userIds);
  }

  /** Changes what others see of oneself; what is not given stays. */
  async update(change: Partial<OwnStatus>): Promise<void> {
    const { success: _, ...own } = await this.connection.request("updateStatus", change);
    this.setOwn(own);
  }

  private start(userId: string): void {
    if (userId !== this.userId) {
      this.userId = userId;
      this.mine = null;
      this.known.clear();
      this.stopWatchingMyself();
      this.stopWatchingMyself = this.list.add([userId]);
    }
    this.list.again();
    void this.loadOwn();
  }

  /** What one may know of others is another: all that was known is asked for again. */
  private anew(): void {
    const known = [...this.known.keys()];
    this.known.clear();
    known.forEach((userId) => this.emit("changed", userId));
    this.list.again();
  }

  private async ask(userIds: string[]): Promise<void> {
    if (this.connection.state !== "online") return this.list.failed(); // asked for when it is
    try {
      const { users } = await this.connection.request("watchPresence", { userIds });
      const watched = new Set(userIds);
      for (const id of [...this.known.keys()]) if (!watched.has(id)) this.known.delete(id);
      users.forEach((presence) => this.set(presence));
    } catch (problem) {
      this.list.failed();
      if (ParleyError.of(problem).code === "timeout" && this.connection.state === "online") this.list.again();
    }
  }

  private take(push: Push): void {
    if (push.event !== "userStatusChanged") return;
    this.set(push.data);
    if (push.data.userId === this.userId) void this.loadOwn(); // perhaps chosen on another device, or over
  }

  private set(presence: Presence): void {
    this.known.set(presence.userId, presence);
    this.emit("changed", presence.userId);
  }

  private async loadOwn(): Promise<void> {
    const of = this.userId;
    const own = await this.api.ownStatus().catch(() => null); // without it, only the menu does not know what is chosen
    if (own && of === this.userId) this.setOwn(own);
  }

  private setOwn(own: OwnStatus): void {
    this.mine = own;
    this.emit("own", own);
  }
}
