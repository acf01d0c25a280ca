import type { Api } from "../api";
import type { ChannelEvent, Message, ThreadState } from "../wire";
import { applyToMessages } from "./apply";
import type { ChannelLog } from "./log";
import { merge } from "./merge";
import type { Pending } from "./outbox";

/** What there is to show of one thread. A new object for every change. */
export interface ThreadView {
  readonly status: "unopened" | "loading" | "ready" | "failed";
  readonly channelId: string;
  readonly root: Message | null;
  readonly replies: readonly Message[];
  readonly pending: readonly Pending[];
  readonly hasMore: boolean;
  readonly loadingOlder: boolean;
  readonly isFollowing: boolean;
  readonly readSeq: number;
}

const UNOPENED: ThreadView = {
  status: "unopened",
  channelId: "",
  root: null,
  replies: [],
  pending: [],
  hasMore: false,
  loadingOlder: false,
  isFollowing: false,
  readSeq: 0,
};

export interface ThreadsOptions {
  api: Api;
  follow: (messageId: string, isFollowing: boolean) => Promise<unknown>;
  markRead: (messageId: string, seq: number) => Promise<unknown>;
  log: (channelId: string) => ChannelLog | undefined;
  pending: (channelId: string) => readonly Pending[];
  onChange: (rootId: string) => void;
}

/** The threads that are looked at. Replies stand in their channel's log too; here is a thread's own view of its past. */
export class Threads {
  private readonly open = new Map<string, ThreadView>();

  constructor(private readonly options: ThreadsOptions) {}

  view(rootId: string): ThreadView {
    const view = this.open.get(rootId);
    if (!view) return UNOPENED;
    const pending = this.options.pending(view.channelId).filter((item) => item.parentMessageId === rootId);
    return { ...view, pending };
  }

  /** Loads a thread's newest replies, and keeps it current until it is closed. */
  async load(channelId: string, rootId: string): Promise<void> {
    this.set(rootId, { ...(this.open.get(rootId) ?? UNOPENED), channelId, status: "loading" });
    try {
      const page = await this.options.api.thread(channelId, rootId);
      if (!this.open.has(rootId)) return;
      const later = this.options.log(channelId)?.since(page.eventSeq) ?? [];
      const { replies, root } = later.reduce((view, event) => afterEvent(view, event, rootId), { replies: page.messages, root: page.root });
      this.set(rootId, { ...UNOPENED, ...standing(page.thread), channelId, status: "ready", root, replies, hasMore: page.hasMore });
    } catch {
      this.change(rootId, { status: "failed" });
    }
  }

  close(rootId: string): void {
    this.open.delete(rootId);
  }

  /** One page further back. */
  async loadOlder(rootId: string): Promise<void> {
    const view = this.open.get(rootId);
    const before = view?.replies[0]?.seq;
    if (!view || before === undefined || view.loadingOlder || !view.hasMore) return;
    this.change(rootId, { loadingOlder: true });
    try {
      const page = await this.options.api.thread(view.channelId, rootId, before);
      const older = this.options.log(view.channelId)?.upToDate(page) ?? page.messages;
      this.change(rootId, { replies: merge(this.open.get(rootId)?.replies ?? [], older, false), hasMore: page.hasMore });
    } finally {
      this.change(rootId, { loadingOlder: false });
    }
  }

  async follow(rootId: string, isFollowing: boolean): Promise<void> {
    await this.options.follow(rootId, isFollowing);
    this.change(rootId, { isFollowing });
  }

  /** All that is shown of a thread has been read. */
  async markRead(rootId: string): Promise<void> {
    const view = this.open.get(rootId);
    const seq = view?.replies[view.replies.length - 1]?.seq ?? 0;
    if (!view?.isFollowing || seq <= view.readSeq) return;
    this.change(rootId, { readSeq: seq });
    await this.options.markRead(rootId, seq);
  }

  /** A change of the channel. */
  apply(event: ChannelEvent, me: string): void {
    for (const [rootId, view] of this.open) {
      if (view.channelId !== event.data.channelId) continue;
      const after = afterEvent(view, event, rootId);
      const joined = isReply(event, rootId) && event.data.message.senderId._id === me;
      if (after !== view || joined) this.set(rootId, { ...after, isFollowing: view.isFollowing || joined });
    }
  }

  takeRead(rootId: string, seq: number): void {
    if ((this.open.get(rootId)?.readSeq ?? Infinity) < seq) this.change(rootId, { readSeq: seq });
  }

  takeFollowed(rootId: string, isFollowing: boolean): void {
    this.change(rootId, { isFollowing });
  }

  /** Something about the channel's own unsent messages has changed. */
  pendingChanged(channelId: string): void {
    for (const [rootId, view] of this.open) if (view.channelId === channelId) this.options.onChange(rootId);
  }

  /** Brings up to date how people look. */
  renew(current: <T>(value: T) => T): void {
    for (const [rootId, view] of this.open) {
      const after = current(view);
      if (after !== view) this.set(rootId, after);
    }
  }

  /** All that is known of a channel is void. */
  reload(channelId: string): void {
    for (const [rootId, view] of this.open) if (view.channelId === channelId) void this.load(channelId, rootId);
  }

  private change(rootId: string, change: Partial<ThreadView>): void {
    const view = this.open.get(rootId);
    if (view) this.set(rootId, { ...view, ...change });
  }

  private set(rootId: string, view: ThreadView): void {
    this.open.set(rootId, view);
    this.options.onChange(rootId);
  }
}

function standing(state: ThreadState): Pick<ThreadView, "isFollowing" | "readSeq"> {
  return { isFollowing: state.isFollowing, readSeq: state.readSeq };
}

function isReply(event: ChannelEvent, rootId: string): event is Extract<ChannelEvent, { event: "newMessage" }> {
  return event.event === "newMessage" && event.data.message.parentMessageId === rootId;
}

function afterEvent<V extends { root: Message | null; replies: readonly Message[] }>(view: V, event: ChannelEvent, rootId: string): V {
  const before = isReply(event, rootId) ? merge(view.replies, [event.data.message], false) : view.replies;
  const replies = applyToMessages(before, event);
  const root = view.root && (applyToMessages([view.root], event)[0] ?? null);
  return replies === view.replies && root === view.root ? view : { ...view, replies, root };
}
