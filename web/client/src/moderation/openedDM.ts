import type { Api } from "../api";
import { merge } from "../chat/merge";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { DMAccess, Message } from "../wire";

export interface OpenedDMState {
  /** Over: its time has passed, and nothing of it is kept. */
  readonly status: "loading" | "ready" | "failed" | "over";
  readonly messages: readonly Message[];
  readonly hasMore: boolean;
  readonly problem: ParleyError | null;
}

type OpenedDMEvents = { changed: OpenedDMState };

const OVER: OpenedDMState = { status: "over", messages: [], hasMore: false, problem: null };

/** Others' direct messages that an admin has got access to. When the time is over, what was read is forgotten. */
export class OpenedDM extends Emitter<OpenedDMEvents> {
  private current: OpenedDMState = { status: "loading", messages: [], hasMore: false, problem: null };
  private readonly end: ReturnType<typeof setTimeout>;

  constructor(
    private readonly api: Api,
    readonly access: DMAccess,
    now: number,
  ) {
    super();
    this.end = setTimeout(() => this.set(OVER), Math.max(0, Date.parse(access.until) - now));
  }

  get state(): OpenedDMState {
    return this.current;
  }

  dispose(): void {
    clearTimeout(this.end);
    this.current = OVER;
  }

  /** The newest page. */
  load(): Promise<void> {
    return this.page({});
  }

  /** One page further back. */
  older(): Promise<void> {
    const first = this.current.messages[0];
    return first ? this.page({ before: first.seq }) : this.load();
  }

  /** What was written since. */
  newer(): Promise<void> {
    const last = this.current.messages[this.current.messages.length - 1];
    return last ? this.page({ after: last.seq }) : this.load();
  }

  private async page(where: { before?: number; after?: number }): Promise<void> {
    if (this.current.status === "over") return;
    this.set({ ...this.current, status: "loading", problem: null });
    try {
      const page = await this.api.openedDM(this.access.channelId, where);
      if (this.isOver()) return;
      const messages = merge(this.current.messages, page.messages, false);
      const hasMore = where.after === undefined ? page.hasMore : this.current.hasMore;
      this.set({ status: "ready", messages, hasMore, problem: null });
    } catch (error) {
      if (this.isOver()) return;
      const problem = ParleyError.of(error);
      this.set(problem.code === "dm_not_opened" ? OVER : { ...this.current, status: "failed", problem });
    }
  }

  private isOver(): boolean {
    return this.current.status === "over";
  }

  private set(state: OpenedDMState): void {
    this.current = state;
    this.emit("changed", state);
  }
}
