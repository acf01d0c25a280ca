import type { ChannelEvent, FollowedThread, Message, ThreadFollowed, ThreadRead } from "../wire";
import { applyToMessages } from "./apply";
import { MAX_COUNT } from "./standing";

export interface FollowedState {
  readonly status: "loading" | "ready" | "failed";
  /** Those in which something was written last first. */
  readonly threads: readonly FollowedThread[];
}

export interface FollowedOptions {
  list: () => Promise<FollowedThread[]>;
  onChange: (state: FollowedState) => void;
}

/** The server lists no more. */
const MOST = 50;
const AFTER_MS = 500;
const LOADING: FollowedState = { status: "loading", threads: [] };

/**
 * The threads that one follows. The list comes from the server; from then on it is counted here, by what channels tell. What
 * cannot be known from here, such as a thread that one begins to follow, has the list fetched again, a little later and once.
 */
export class Followed {
  private current = LOADING;
  private me = "";
  /** Counts loads; `answered` is the last that has its answer. */
  private turn = 0;
  private answered = 0;
  /** What happened since the list was asked for: its answer may not know of it. */
  private since: ChannelEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: FollowedOptions) {}

  get state(): FollowedState {
    return this.current;
  }

  /** Somebody else is signed in. */
  become(me: string): void {
    this.stop();
    this.me = me;
    this.set(LOADING);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.turn++;
    this.answered = this.turn;
  }

  async load(): Promise<void> {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    this.since = [];
    const threads = await this.options.list().catch(() => null);
    if (turn !== this.turn) return;
    this.answered = turn;
    if (threads) this.set({ status: "ready", threads: this.since.reduce((list, event) => after(list, event, this.me), threads as readonly FollowedThread[]) });
    else if (this.current.status !== "ready") this.set({ ...this.current, status: "failed" });
  }

  /** A change of a channel. */
  apply(event: ChannelEvent): void {
    if (this.answered !== this.turn) this.since.push(event);
    if (this.isNews(event)) this.soon();
    const threads = after(this.current.threads, event, this.me);
    if (threads !== this.current.threads) this.set({ ...this.current, threads });
  }

  /** A thread was read up to a reply, on any device. */
  takeRead({ messageId, seq }: ThreadRead): void {
    const thread = this.of(messageId);
    if (!thread || seq <= thread.readSeq) return;
    const all = seq >= thread.lastSeq;
    if (!all) this.soon();
    this.change(thread, { readSeq: seq, ...(all ? { unread: 0 } : {}) });
  }

  /** One has begun or ended to follow, on any device. */
  takeFollowed({ messageId, isFollowing }: ThreadFollowed): void {
    if (isFollowing && !this.of(messageId)) this.soon();
    if (isFollowing) return;
    if (this.answered !== this.turn) this.soon(); // the answer that is on its way may still have it
    this.keep(({ root }) => root._id !== messageId);
  }

  /** A channel is one's own no longer. */
  drop(channelId: string): void {
    this.keep(({ root }) => root.channelId !== channelId);
  }

  /** Brings up to date how people look. */
  renew(current: <T>(value: T) => T): void {
    this.since = current(this.since);
    const after = current(this.current);
    if (after !== this.current) this.set(after);
  }

  /** Fetches the list a little later, and once, however often it is asked. */
  soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), AFTER_MS);
  }

  /** Whether a change may be one of the list that only the server knows. */
  private isNews(event: ChannelEvent): boolean {
    if (event.event === "messageDeleted") {
      const thread = this.of(event.data.parentMessageId);
      return thread !== undefined && event.data.seq > thread.readSeq && thread.unread > 0;
    }
    if (event.event !== "newMessage") return false;
    const { message, thread } = event.data;
    if (!message.parentMessageId || this.of(message.parentMessageId)) return false;
    const mine = message.senderId._id === this.me || message.mentions.includes(this.me);
    const begun = thread?.rootSenderId === this.me && thread.threadCount === 1;
    return mine || begun || this.current.threads.length >= MOST; // then there may be more than are listed
  }

  private of(rootId: string | undefined): FollowedThread | undefined {
    return this.current.threads.find(({ root }) => root._id === rootId);
  }

  private change(thread: FollowedThread, change: Partial<FollowedThread>): void {
    this.set({ ...this.current, threads: this.current.threads.map((each) => (each === thread ? { ...each, ...change } : each)) });
  }

  private keep(keeps: (thread: FollowedThread) => boolean): void {
    const threads = this.current.threads.filter(keeps);
    if (threads.length < this.current.threads.length) this.set({ ...this.current, threads });
  }

  private set(state: FollowedState): void {
    this.current = state;
    this.options.onChange(state);
  }
}

function after(threads: readonly FollowedThread[], event: ChannelEvent, me: string): readonly FollowedThread[] {
  let changed = false;
  const next = threads.map((thread) => {
    const [root] = applyToMessages([thread.root], event);
    const counted = event.event === "newMessage" ? withReply(thread, event.data.message, me) : thread;
    if (root === thread.root && counted === thread) return thread;
    changed = true;
    return { ...counted, root: root ?? thread.root };
  });
  return changed ? next.sort((a, b) => lastAt(b) - lastAt(a)) : threads;
}

function withReply(thread: FollowedThread, reply: Message, me: string): FollowedThread {
  if (reply.parentMessageId !== thread.root._id || reply.seq <= thread.lastSeq) return thread;
  if (reply.senderId._id === me) return { ...thread, unread: 0, readSeq: reply.seq, lastSeq: reply.seq };
  return { ...thread, unread: Math.min(MAX_COUNT, thread.unread + 1), lastSeq: reply.seq };
}

const lastAt = ({ root }: FollowedThread) => Date.parse(root.lastReplyAt ?? root.createdAt);
