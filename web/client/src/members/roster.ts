import type { Api } from "../api";
import type { Connection, Push } from "../connection";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { ChannelMember } from "../wire";
import { applyToRoster, isRosterChange, mergePage, type RosterChange } from "./apply";

const PAGE = 100;
/** Pages overlap by a little, since members come and go between them. */
const OVERLAP = 5;

export interface RosterState {
  readonly status: "loading" | "ready" | "failed";
  readonly members: readonly ChannelMember[];
  readonly hasMore: boolean;
  readonly problem: string | null;
}

type RosterEvents = { changed: RosterState };

const NOBODY: RosterState = { status: "loading", members: [], hasMore: false, problem: null };

/** The members of one channel, page by page, or those whose name is searched for; kept current while it is open. */
export class Roster extends Emitter<RosterEvents> {
  private current = NOBODY;
  private wanted = "";
  /** Counts loads, so that an answer to an earlier question is dropped. */
  private turn = 0;
  /** Changes that came while a page was on its way, which may or may not know of them. */
  private meanwhile: RosterChange[] = [];
  private readonly stops: (() => void)[];

  constructor(
    connection: Connection,
    private readonly api: Api,
    readonly channelId: string,
  ) {
    super();
    this.stops = [
      connection.on("push", (push) => this.take(push)),
      connection.on("online", () => void this.load()),
      connection.on("stale", () => void this.load()),
      connection.people.onChange((current) => this.set(current(this.current))),
    ];
    void this.load();
  }

  dispose(): void {
    this.turn++;
    this.stops.forEach((stop) => stop());
  }

  get state(): RosterState {
    return this.current;
  }

  /** Shows those whose name contains a text; all for an empty one. */
  search(text: string): void {
    if (text.trim() === this.wanted) return;
    this.wanted = text.trim();
    void this.load();
  }

  /** Loads the first page again. */
  async load(): Promise<void> {
    await this.fetch(0, (page) => page);
  }

  /** One page further. */
  async loadMore(): Promise<void> {
    const { status, hasMore, members } = this.current;
    if (status !== "ready" || !hasMore) return;
    await this.fetch(Math.max(0, members.length - OVERLAP), (page) => mergePage(this.current.members, page));
  }

  private async fetch(offset: number, merged: (page: ChannelMember[]) => readonly ChannelMember[]): Promise<void> {
    const turn = ++this.turn;
    this.meanwhile = [];
    this.set({ ...this.current, status: "loading", problem: null });
    const search = this.wanted ? { search: this.wanted } : {};
    try {
      const { participants, hasMore } = await this.api.participants(this.channelId, { ...search, offset, limit: PAGE });
      if (turn !== this.turn) return;
      const members = this.meanwhile.reduce((before, change) => applyToRoster(before, change, !hasMore), merged(participants));
      this.set({ status: "ready", members, hasMore, problem: null });
    } catch (error) {
      if (turn !== this.turn) return;
      this.set({ ...this.current, status: "failed", problem: ParleyError.of(error).message });
    }
  }

  private take({ event, data }: Push): void {
    const change = { event, data };
    if (!isRosterChange(change) || change.data.channelId !== this.channelId) return;
    if (change.event === "membersAdded" && (this.wanted || change.data.hasMore)) return void this.load(); // the server knows who fits
    if (this.current.status === "loading") this.meanwhile.push(change);
    const members = applyToRoster(this.current.members, change, !this.current.hasMore);
    this.set({ ...this.current, members });
  }

  private set(state: RosterState): void {
    this.current = state;
    this.emit("changed", state);
  }
}
