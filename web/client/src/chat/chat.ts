import type { Api } from "../api";
import type { Connection } from "../connection";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { Channel, ChannelEvent, ChannelSync, Message, Ready, Sent } from "../wire";
import { MessageActions } from "./actions";
import { Channels } from "./channels";
import { Drafts } from "./drafts";
import { Followed } from "./followed";
import { History } from "./history";
import type { ChatOptions } from "./options";
import { Outbox, type Outgoing, type Pending } from "./outbox";
import { noStore } from "./outboxStore";
import { messageOf } from "./ownMessage";
import type { Place } from "./place";
import { Pushes } from "./pushes";
import { Receipts } from "./receipts";
import { Saved } from "./saved";
import { type ChannelState, type ChatEvents, type ChatStatus, type Timeline, timelineOf } from "./state";
import { Syncer } from "./syncer";
import { Teller } from "./teller";
import { Threads } from "./threads";

/**
 * Channels and messages, always as of one position per channel. Positions are read before the state they belong to, gaps
 * are fetched with `sync`, and applying something twice changes nothing; so nothing is missed and nothing is doubled,
 * whatever the network does.
 */
export class Chat extends Emitter<ChatEvents> {
  readonly actions: MessageActions;
  readonly history: History;
  readonly threads: Threads;
  readonly receipts: Receipts;
  readonly saved: Saved;
  /** The threads that one follows. */
  readonly followed: Followed;
  private readonly list: Channels;
  private outbox: Outbox | null = null;
  private unsent: Drafts | null = null;
  private userId = "";
  /** Up to which change it is known how people look. */
  private peopleSeq = 0;
  private current: ChatStatus = "loading";
  private readonly pushes: Pushes;
  private snapshot: readonly ChannelState[] = [];
  private readonly syncer: Syncer;
  private readonly tell = new Teller({
    channels: () => this.tellChannels(),
    timeline: (channelId) => this.emit("timeline", { channelId, timeline: this.timeline(channelId) }),
    thread: (rootId) => this.emit("thread", { rootId, thread: this.threads.view(rootId) }),
  });
  private readonly unsubscribe: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
    private readonly options: ChatOptions = {},
  ) {
    super();
    const place = (channelId: string) => this.list.get(channelId);
    const settle = ({ channel, log }: Place) => this.outbox?.settle(channel._id, log.messages.slice(-SETTLE));
    this.list = new Channels({
      api,
      markAsRead: (channelId, seq) => connection.request("markAsRead", { channelId, seq }),
      onEvent: (event) => {
        this.threads.apply(event, this.userId);
        this.followed.apply(event);
      },
      onRead: (channelId, readSeq) => this.receipts.take({ channelId, userId: this.userId, readSeq }),
      onRemoved: (channelId) => this.removed(channelId),
      onChange: () => this.tell.channels(),
    });
    this.actions = new MessageActions(connection, api);
    this.history = new History({ api, place, onChange: (id) => this.tell.timeline(id), onLoaded: settle });
    this.receipts = new Receipts(api, (channelId) => this.emit("readers", { channelId, readers: this.receipts.of(channelId) }));
    this.saved = new Saved(api, (ids) => this.emit("saved", ids));
    this.followed = new Followed({ list: () => api.threads(), onChange: (state) => this.emit("followed", state) });
    this.threads = new Threads({
      api,
      follow: (messageId, isFollowing) => connection.request("followThread", { messageId, isFollowing }),
      markRead: (messageId, seq) => {
        this.followed.takeRead({ messageId, seq });
        return connection.request("markThreadRead", { messageId, seq });
      },
      log: (channelId) => place(channelId)?.log,
      pending: (channelId) => this.outbox?.pending(channelId) ?? [],
      onChange: (rootId) => this.tell.thread(rootId),
    });
    this.syncer = new Syncer({
      sync: () => this.requestSync(),
      load: () => this.load(),
      online: () => connection.state === "online",
      hasGap: () => this.list.all().some((each) => each.log.hasGap),
      gapMs: options.gapMs ?? GAP_MS,
      ...(options.random ? { random: options.random } : {}),
    });
    const { list, threads, receipts, saved, followed } = this;
    const targets = { list, threads, receipts, saved, followed, drafts: () => this.unsent, offer: (event: ChannelEvent) => this.offer(event) };
    this.pushes = new Pushes(() => this.current === "ready", targets);
    this.unsubscribe = [
      connection.on("online", (ready) => void this.start(ready)),
      connection.on("wake", () => void this.wake()),
      connection.on("stale", () => void this.freshen()),
      connection.on("push", (push) => this.pushes.take(push)),
      connection.people.onChange((current) => this.renew(current)),
    ];
  }

  dispose(): void {
    this.unsubscribe.forEach((stop) => stop());
    this.syncer.stop();
    this.list.stop();
    this.followed.stop();
    this.outbox?.stop();
    this.unsent?.stop();
  }

  get status(): ChatStatus {
    return this.current;
  }

  get channels(): readonly ChannelState[] {
    return this.snapshot;
  }

  timeline(channelId: string): Timeline {
    return timelineOf(this.list.get(channelId), this.outbox?.pending(channelId) ?? []);
  }

  /** What is written and not sent. Null before the first connection. */
  get drafts(): Drafts | null {
    return this.unsent;
  }

  /** Loads a channel's newest messages if they are not there; after a failure, again. */
  async open(channelId: string): Promise<void> {
    const place = this.list.get(channelId);
    if (place) this.receipts.load(place.channel).catch(() => {}); // without them no ticks are shown
    await this.history.open(channelId);
  }

  /** One page further back. */
  loadOlder(channelId: string): Promise<void> {
    return this.history.loadOlder(channelId);
  }

  /** Shows the message at once and sends it until there is an answer. */
  send(channelId: string, what: string | Outgoing): void {
    if (!this.outbox) throw new ParleyError("disconnected", "Nothing can be written before the first connection.");
    this.outbox.add(channelId, typeof what === "string" ? { message: what } : what);
  }

  retry(clientId: string, change?: Partial<Outgoing>): void {
    this.outbox?.retry(clientId, change);
  }

  discard(clientId: string): void {
    this.outbox?.discard(clientId);
  }

  /** Everything in the channel up to now has been read. */
  markAsRead(channelId: string): void {
    this.list.markAsRead(channelId);
  }

  /** This message and what came after it are unread again. */
  async markAsUnread({ _id, channelId }: Message): Promise<void> {
    this.list.forgetRead(channelId);
    this.list.takeRead(await this.connection.request("markAsUnread", _id));
  }

  /** The direct channel with a user, made if there is none yet. */
  async openDirect(userId: string): Promise<Channel> {
    const channel = await this.api.openDirect(userId);
    this.list.add(channel);
    return channel;
  }

  /** Loads everything again after a failure. */
  reload(): Promise<void> {
    return this.load();
  }

  /** Brings up to date how people look. */
  private renew(current: <T>(value: T) => T): void {
    for (const place of this.list.all()) {
      place.renew(current);
      this.tell.timeline(place.channel._id);
    }
    this.tell.channels();
    this.threads.renew(current);
    this.followed.renew(current);
    this.receipts.renew(current);
  }

  // --- Start, reconnect, wake

  private async start(ready: Ready): Promise<void> {
    if (ready.user._id !== this.userId) this.become(ready.user._id);
    this.syncer.stop();
    if (this.current === "ready" && this.list.epoch === ready.epoch) {
      this.outbox?.resume();
      this.list.resume();
      await this.freshen();
    } else {
      this.peopleSeq = ready.peopleSeq;
      await this.load();
      this.outbox?.resume();
      this.list.resume();
      this.catchUp();
    }
  }

  /** Fetches what may have been missed, of what is there. */
  private async freshen(): Promise<void> {
    if (this.current !== "ready") return;
    this.catchUp();
    await Promise.all([this.syncer.sync(), this.list.refresh()]);
  }

  /** What is told of by pushes without a number, and may have been missed. Without it, only comforts are missing. */
  private catchUp(): void {
    this.receipts.reload(this.list.all().map(({ channel }) => channel));
    this.saved.load().catch(() => {});
    void this.followed.load();
    this.unsent?.resume().catch(() => {});
  }

  private become(userId: string): void {
    this.userId = userId;
    this.list.become(userId);
    this.outbox?.stop();
    this.unsent?.stop();
    this.followed.become(userId);
    this.setStatus("loading");
    this.unsent = new Drafts({
      list: () => this.api.drafts(),
      save: (draft) => this.connection.request("saveDraft", draft),
      onChange: (channelId) => this.emit("drafts", { channelId }),
      storage: this.options.local,
      storageKey: `parley.drafts.${userId}`,
    });
    this.outbox = new Outbox({
      send: (message) => this.connection.request("sendMessage", message),
      onChange: (channelId) => {
        this.tell.timeline(channelId);
        this.threads.pendingChanged(channelId);
      },
      onSent: (item, sent) => this.sent(item, sent),
      store: this.options.outbox?.(userId) ?? noStore,
      ...(this.options.random ? { random: this.options.random } : {}),
    });
  }

  /** The socket hears everything from `ready` on, so what is fetched now plus what is heard misses nothing. */
  private async load(): Promise<void> {
    this.setStatus("loading");
    try {
      const { epoch, channels } = await this.api.channels();
      const opened = this.list.all().filter((place) => place.log.status !== "unopened");
      this.list.replace(epoch, channels);
      this.setStatus("ready");
      this.pushes.release();
      this.syncer.succeeded();
      opened.forEach((place) => this.threads.reload(place.channel._id));
      await Promise.all(opened.map((place) => this.open(place.channel._id)));
    } catch (problem) {
      this.setStatus("failed");
      if (ParleyError.of(problem).retryable) this.syncer.later(() => this.load());
    }
  }

  /** After sleep a socket can be dead without knowing it. The sync is the question whether it is. */
  private async wake(): Promise<void> {
    try {
      await this.requestSync(5_000);
    } catch (problem) {
      if (ParleyError.of(problem).code === "timeout") this.connection.restart();
    }
  }

  // --- Sync

  private async requestSync(timeoutMs?: number): Promise<void> {
    const { peopleSeq } = this;
    const answer = await this.connection.request("sync", { epoch: this.list.epoch, channels: this.list.positions(), peopleSeq }, timeoutMs);
    if (answer.epoch !== this.list.epoch || answer.isPeopleReset) {
      this.connection.people.forget();
      this.peopleSeq = answer.peopleSeq;
      return this.load(); // another database: every number known is void; or too much is, of people
    }
    this.connection.people.take(answer.people);
    this.peopleSeq = answer.peopleSeq;
    for (const [channelId, sync] of Object.entries(answer.channels)) this.takeSync(channelId, sync);
    answer.added.forEach((channel) => this.list.add(channel));
    this.tell.channels();
  }

  private takeSync(channelId: string, sync: ChannelSync): void {
    const place = this.list.get(channelId);
    if (!place) return;
    if (sync.status === "gone") return this.list.remove(channelId);
    const opened = place.log.status !== "unopened";
    if (!place.log.takeSync(sync)) {
      place.window = null;
      place.view++;
      if (opened) void this.open(channelId);
      this.threads.reload(channelId);
      this.followed.soon();
      void this.list.refreshOne(channelId);
    }
    this.outbox?.settle(channelId, place.log.messages);
    this.tell.timeline(channelId);
  }

  // --- Pushes

  private offer(event: ChannelEvent): void {
    const { channelId } = event.data;
    const place = this.list.get(channelId);
    if (!place) return void this.syncer.sync(); // a channel that nobody told us of: sync lists it under `added`
    const outcome = place.log.offer(event);
    if (outcome === "gap") this.syncer.gap();
    if (outcome !== "applied") return;
    this.outbox?.settle(channelId, place.log.messages.slice(-SETTLE));
    this.tell.timeline(channelId);
  }

  /**
   * The ack of plain words is as good as the push: it says where in the channel they stand. What the server completes,
   * such as who is named, comes with the push, or is fetched when that does not come.
   */
  private sent(item: Pending, sent: Sent): void {
    const user = this.connection.ready?.user;
    const log = this.list.get(sent.channelId)?.log;
    if (!log || !user || user._id !== this.userId) return;
    const { channelId, eventSeq } = sent;
    const message = messageOf(item, sent, user);
    if (message) this.offer({ event: "newMessage", eventSeq, data: { channelId, eventSeq, message } });
    else if (log.position < eventSeq) setTimeout(() => log.position < eventSeq && void this.syncer.sync(), this.options.gapMs ?? GAP_MS);
    // The log may have passed that position before the message was pending here, for example after a reload.
    if (log.position >= eventSeq) this.outbox?.settle(channelId, [{ clientId: item.clientId }]);
  }

  private removed(channelId: string): void {
    this.outbox?.drop(channelId);
    this.receipts.drop(channelId);
    this.followed.drop(channelId);
  }

  private setStatus(status: ChatStatus): void {
    if (status === this.current) return;
    this.current = status;
    this.emit("status", status);
  }

  private tellChannels(): void {
    this.snapshot = this.list.states();
    this.emit("channels", this.snapshot);
  }
}

const GAP_MS = 250;
/** What one has written is looked for among so many of the newest messages. */
const SETTLE = 500;
