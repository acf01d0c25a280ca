import type { Api } from "../api";
import type { Connection, Push } from "../connection";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { Channel, ChannelEvent, ChannelSync, Message, NewMessage, Ready, Sent, User } from "../wire";
import { Outbox, type Pending } from "./outbox";
import { Place } from "./place";
import { Seen } from "./seen";
import { Syncer } from "./syncer";
import { Teller } from "./teller";

export interface ChannelState {
  readonly channel: Channel;
  /** Messages that came while the channel was not looked at. */
  readonly unread: number;
}

/** What there is to show of one channel. A new object for every change. */
export interface Timeline {
  readonly status: "unopened" | "loading" | "ready" | "failed";
  readonly messages: readonly Message[];
  readonly pending: readonly Pending[];
  readonly hasMore: boolean;
  readonly loadingOlder: boolean;
}

export interface ChatOptions {
  /** Unsent messages are kept here over a reload. */
  session?: Pick<Storage, "getItem" | "setItem"> | undefined;
  /** What has been seen is kept here. */
  local?: Pick<Storage, "getItem" | "setItem"> | undefined;
  /** How long a gap may last before what is missing is fetched: events can overtake each other by a little. */
  gapMs?: number;
  random?: () => number;
}

type ChatEvents = {
  channels: readonly ChannelState[];
  timeline: { channelId: string; timeline: Timeline };
  status: ChatStatus;
};

export type ChatStatus = "loading" | "ready" | "failed";

/**
 * Channels and messages, always as of one position per channel. Positions are read before the state they belong to, gaps
 * are fetched with `sync`, and applying something twice changes nothing; so nothing is missed and nothing is doubled,
 * whatever the network does.
 */
export class Chat extends Emitter<ChatEvents> {
  private readonly places = new Map<string, Place>();
  private outbox: Outbox | null = null;
  private seen: Seen | null = null;
  private userId = "";
  private epoch = "";
  private current: ChatStatus = "loading";
  /** Pushes that came before the channels were loaded. */
  private early: Push[] = [];
  private snapshot: readonly ChannelState[] = [];
  private readonly syncer: Syncer;
  private readonly tell = new Teller(
    () => this.tellChannels(),
    (channelId) => this.emit("timeline", { channelId, timeline: this.timeline(channelId) }),
  );
  private readonly unsubscribe: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
    private readonly options: ChatOptions = {},
  ) {
    super();
    this.syncer = new Syncer({
      sync: () => this.requestSync(),
      load: () => this.load(),
      online: () => connection.state === "online",
      hasGap: () => [...this.places.values()].some((place) => place.log.hasGap),
      gapMs: options.gapMs ?? 250,
      ...(options.random ? { random: options.random } : {}),
    });
    this.unsubscribe = [
      connection.on("online", (ready) => void this.start(ready)),
      connection.on("wake", () => void this.wake()),
      connection.on("push", (push) => this.take(push)),
    ];
  }

  dispose(): void {
    this.unsubscribe.forEach((stop) => stop());
    this.syncer.stop();
  }

  get status(): ChatStatus {
    return this.current;
  }

  get channels(): readonly ChannelState[] {
    return this.snapshot;
  }

  timeline(channelId: string): Timeline {
    const place = this.places.get(channelId);
    return {
      status: place?.log.status ?? "unopened",
      messages: place?.log.messages ?? [],
      pending: this.outbox?.pending(channelId) ?? [],
      hasMore: place?.log.hasMore ?? false,
      loadingOlder: place?.loadingOlder ?? false,
    };
  }

  /** Loads a channel's newest messages if they are not there; after a failure, again. */
  async open(channelId: string): Promise<void> {
    const log = this.places.get(channelId)?.log;
    if (!log || log.status === "ready" || log.status === "loading") return;
    log.status = "loading";
    this.tell.timeline(channelId);
    try {
      const page = await this.api.messages(channelId);
      // A reset in between voids the page: the status says so.
      if (log.status === "loading") log.takeLatest(page);
    } catch {
      if (log.status === "loading") log.status = "failed";
    }
    this.outbox?.settle(channelId, log.messages);
    this.tell.timeline(channelId);
  }

  /** One page further back. */
  async loadOlder(channelId: string): Promise<void> {
    const place = this.places.get(channelId);
    const before = place?.log.messages[0]?.seq;
    if (!place || before === undefined || place.loadingOlder || !place.log.hasMore) return;
    place.loadingOlder = true;
    this.tell.timeline(channelId);
    try {
      place.log.takeOlder(await this.api.messages(channelId, before), before);
    } finally {
      place.loadingOlder = false;
      this.tell.timeline(channelId);
    }
  }

  /** Shows the message at once and sends it until there is an answer. */
  send(channelId: string, text: string): void {
    if (!this.outbox) throw new ParleyError("disconnected", "Nothing can be written before the first connection.");
    this.outbox.add(channelId, text);
  }

  retry(clientId: string): void {
    this.outbox?.retry(clientId);
  }

  discard(clientId: string): void {
    this.outbox?.discard(clientId);
  }

  /** Everything in the channel up to now has been looked at. */
  markSeen(channelId: string): void {
    const place = this.places.get(channelId);
    if (place && this.seen?.mark(channelId, place.channel.seq)) this.tell.channels();
  }

  /** The direct channel with a user, made if there is none yet. */
  async openDirect(userId: string): Promise<Channel> {
    const channel = await this.api.openDirect(userId);
    this.addChannel(channel);
    return channel;
  }

  /** Loads everything again after a failure. */
  reload(): Promise<void> {
    return this.load();
  }

  // --- Start, reconnect, wake

  private async start(ready: Ready): Promise<void> {
    if (ready.user._id !== this.userId) this.become(ready.user._id);
    this.syncer.stop();
    if (this.current === "ready" && this.epoch === ready.epoch) {
      this.outbox?.resume();
      await Promise.all([this.syncer.sync(), this.refresh()]);
    } else {
      await this.load();
      this.outbox?.resume();
    }
  }

  private become(userId: string): void {
    this.userId = userId;
    this.places.clear();
    this.setStatus("loading");
    this.seen = new Seen(`parley.seen.${userId}`, this.options.local);
    this.outbox = new Outbox({
      send: (message) => this.connection.request("sendMessage", message),
      onChange: (channelId) => this.tell.timeline(channelId),
      onSent: (item, sent) => this.sent(item, sent),
      storage: this.options.session,
      storageKey: `parley.outbox.${userId}`,
      ...(this.options.random ? { random: this.options.random } : {}),
    });
  }

  /** The socket hears everything from `ready` on, so what is fetched now plus what is heard misses nothing. */
  private async load(): Promise<void> {
    this.setStatus("loading");
    try {
      const { epoch, channels } = await this.api.channels();
      const opened = [...this.places.values()].filter((place) => place.log.status !== "unopened");
      this.epoch = epoch;
      this.places.clear();
      channels.forEach((channel) => this.addChannel(channel));
      this.seen?.save();
      this.setStatus("ready");
      this.early.splice(0).forEach((push) => this.take(push));
      this.syncer.succeeded();
      await Promise.all(opened.map((place) => this.open(place.channel._id)));
    } catch (problem) {
      this.setStatus("failed");
      if (ParleyError.of(problem).retryable) this.syncer.later(() => this.load());
    }
  }

  /** What no event tells: names, members, and whether a call is on. */
  private async refresh(): Promise<void> {
    const before = new Map([...this.places].map(([id, place]) => [id, place.callChanges]));
    const answer = await this.api.channels().catch(() => null);
    if (!answer || answer.epoch !== this.epoch) return;
    for (const fresh of answer.channels) {
      const place = this.places.get(fresh._id);
      if (!place) this.addChannel(fresh);
      else if (place.callChanges === before.get(fresh._id)) place.refresh(fresh);
    }
    this.tell.channels();
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
    const channels = Object.fromEntries([...this.places].map(([id, place]) => [id, place.log.position]));
    const answer = await this.connection.request("sync", { epoch: this.epoch, channels }, timeoutMs);
    if (answer.epoch !== this.epoch) return this.load(); // another database: every number known is void
    for (const [channelId, sync] of Object.entries(answer.channels)) this.takeSync(channelId, sync);
    answer.added.forEach((channel) => this.addChannel(channel));
    this.tell.channels();
  }

  private takeSync(channelId: string, sync: ChannelSync): void {
    const place = this.places.get(channelId);
    if (!place) return;
    if (sync.status === "gone") return this.removeChannel(channelId);
    const opened = place.log.status !== "unopened";
    if (!place.log.takeSync(sync)) {
      if (opened) void this.open(channelId);
      void this.refreshOne(channelId);
    }
    this.outbox?.settle(channelId, place.log.messages);
    this.tell.timeline(channelId);
  }

  private async refreshOne(channelId: string): Promise<void> {
    const fresh = await this.api.channel(channelId).catch(() => null);
    const place = this.places.get(channelId);
    if (!fresh || !place) return;
    place.refresh(fresh);
    this.tell.channels();
  }

  // --- Pushes

  private take(push: Push): void {
    if (this.current !== "ready") {
      if (this.early.length < 1_000) this.early.push(push);
      return;
    }
    switch (push.event) {
      case "channelAdded":
        this.seen?.begin(push.data.channel._id);
        return this.addChannel(push.data.channel);
      case "channelRemoved":
        return this.removeChannel(push.data.channelId);
      case "callUpdated": {
        const { channelId, callId, callType, participantCount, startedAt } = push.data;
        this.places.get(channelId)?.setCall({ callId, callType, participantCount, startedAt });
        return this.tell.channels();
      }
      case "callEnded":
        this.places.get(push.data.channelId)?.endCall(push.data.callId);
        return this.tell.channels();
      default:
        this.offerPush(push);
    }
  }

  /** Every push that numbers a change is one, also of a kind that this client does not know: it moves the position. */
  private offerPush({ event, data }: { event: string; data: unknown }): void {
    if (isChange(data)) this.offer({ event, eventSeq: data.eventSeq, data } as ChannelEvent);
  }

  private offer(event: ChannelEvent): void {
    const { channelId } = event.data;
    const place = this.places.get(channelId);
    if (!place) return void this.syncer.sync(); // a channel that nobody told us of: sync lists it under `added`
    const outcome = place.log.offer(event);
    if (outcome === "gap") this.syncer.gap();
    if (outcome !== "applied") return;
    this.outbox?.settle(channelId, place.log.messages);
    this.tell.timeline(channelId);
  }

  /** The ack is as good as the push: it says where in the channel the message stands. */
  private sent(item: Pending, sent: Sent): void {
    const user = this.connection.ready?.user;
    if (!user || user._id !== this.userId) return;
    const message = messageOf(item, sent, user);
    const { channelId, eventSeq } = sent;
    this.offer({ event: "newMessage", eventSeq, data: { channelId, eventSeq, message } });
    // The log may have passed that position before the message was pending here, for example after a reload.
    const log = this.places.get(sent.channelId)?.log;
    if (log && log.position >= sent.eventSeq) this.outbox?.settle(sent.channelId, [message]);
  }

  // --- The list of channels

  private addChannel(channel: Channel): void {
    const place = this.places.get(channel._id);
    if (place) place.refresh(channel);
    else this.places.set(channel._id, new Place(channel, (event) => this.applied(event)));
    this.tell.channels();
  }

  private applied(event: ChannelEvent): void {
    if (event.event === "newMessage") {
      const { channelId, message } = event.data;
      if (message.senderId._id === this.userId) this.seen?.mark(channelId, message.seq);
    }
    this.tell.channels();
  }

  private removeChannel(channelId: string): void {
    this.places.delete(channelId);
    this.outbox?.drop(channelId);
    this.tell.channels();
  }

  private setStatus(status: ChatStatus): void {
    if (status === this.current) return;
    this.current = status;
    this.emit("status", status);
  }

  private tellChannels(): void {
    this.snapshot = [...this.places.values()].map(({ channel }) => ({
      channel,
      unread: this.seen?.unread(channel._id, channel.seq) ?? 0,
    }));
    this.emit("channels", this.snapshot);
  }
}

function isChange(data: unknown): data is { channelId: string; eventSeq: number } {
  const change = data as Partial<NewMessage> | null;
  return typeof change?.channelId === "string" && typeof change.eventSeq === "number";
}

/** A message that the server has taken, as the others see it. */
function messageOf(item: Pending, sent: Sent, user: User): Message {
  return {
    _id: sent.messageId,
    channelId: sent.channelId,
    seq: sent.seq,
    clientId: sent.clientId,
    senderId: { _id: user._id, name: user.name, avatarUrl: user.avatarUrl },
    senderModel: user.role === "client" ? "Client" : "User",
    message: item.message,
    messageType: "text",
    attachments: [],
    threadCount: 0,
    lastRepliers: [],
    reactions: [],
    mentions: [],
    mentioned: [],
    mentionsChannel: false,
    revision: 0,
    isPinned: false,
    isEdited: false,
    isDeleted: false,
    createdAt: sent.createdAt,
    updatedAt: sent.createdAt,
  };
}
