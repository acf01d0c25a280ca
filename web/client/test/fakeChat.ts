import { Api } from "../src/api";
import { Chat } from "../src/chat/chat";
import { Connection } from "../src/connection";
import type { OutboxStore } from "../src/chat/outboxStore";
import type { Channel, ChannelEvent, ChannelSync, Draft, FollowedThread, Message, Sender, SendMessage, Standing } from "../src/wire";
import { FakeSocket, READY } from "./fakeSocket";

export const GENERAL = "6561f00f5c1b2a0007a1b2c3";

/** One channel as the server has it. */
interface Room {
  channel: Channel;
  messages: Message[];
  events: ChannelEvent[];
  /** Up to where alice has read. */
  readSeq: number;
  /** Events up to here are forgotten, as a server forgets them after a time. */
  forgotten: number;
}

/** How somebody looks otherwise, as it is told. */
export interface PeopleEvent {
  event: "peopleChanged";
  data: { people: Sender[]; isReset: boolean };
}

interface FakeOptions {
  outbox?: OutboxStore;
  local?: Pick<Storage, "getItem" | "setItem">;
  rooms?: string[];
}

/** A chat server with all its promises, and a network that keeps none. */
export class FakeChat {
  epoch = READY.epoch;
  readonly rooms = new Map<string, Room>();
  readonly socket: FakeSocket;
  readonly connection: Connection;
  readonly chat: Chat;
  /** What the network does to a push; by default delivers it. */
  deliver: (event: ChannelEvent | PeopleEvent) => void = ({ event, data }) => this.socket.push(event, data);
  /** Whether an ack that is on its way gets lost. */
  loseAck: () => boolean = () => false;
  /** Comes before an answer of REST. */
  beforeAnswer: () => Promise<void> | void = () => {};
  /** Refuses a send instead of taking it. */
  refuse: (send: SendMessage) => object | null = () => null;
  restDown = false;

  readonly drafts = new Map<string, Draft>();
  readonly savedIds: string[] = [];
  /** Who has come to look otherwise, in that order. */
  private readonly renamed: Sender[] = [];
  /** So many of those are more than a sync tells. */
  readonly peopleInSync = 2;
  /** The threads that alice follows, as the server would list them. */
  followed: () => FollowedThread[] = () => [];

  constructor({ outbox, local, rooms = [GENERAL] }: FakeOptions = {}) {
    rooms.forEach((id) => this.addRoom(id));
    this.socket = new FakeSocket(READY, (event, payload) => this.answer(event, payload));
    this.socket.onReady = () => ({ ...READY, epoch: this.epoch, peopleSeq: this.renamed.length });
    this.connection = new Connection({ token: () => Promise.resolve("token"), dial: this.socket.dial, random: () => 0 });
    const api = new Api({ fetch: (url) => this.rest(String(url)), people: this.connection.people });
    this.chat = new Chat(this.connection, api, { random: () => 0, local, outbox: outbox && (() => outbox) });
  }

  addRoom(id: string): Room {
    const room: Room = { channel: { ...CHANNEL, _id: id }, messages: [], events: [], forgotten: 0, readSeq: 0 };
    this.rooms.set(id, room);
    return room;
  }

  room(id = GENERAL): Room {
    const room = this.rooms.get(id);
    if (!room) throw new Error(`no room ${id}`);
    return room;
  }

  /** Somebody writes. */
  post(text: string, id = GENERAL, sender = "bob", clientId = `${sender}-${text}`, more: Partial<Message> = {}): Message {
    const room = this.room(id);
    const seq = room.channel.seq + 1;
    const message: Message = { ...MESSAGE, _id: `${id}-${seq}`, channelId: id, seq, clientId, message: text, ...more };
    message.senderId = this.looking({ ...message, senderId: { _id: sender, name: NAMES[sender] ?? sender, avatarUrl: "" } }).senderId;
    room.channel = { ...room.channel, seq };
    room.messages.push(message);
    if (sender === "alice" && !message.parentMessageId && message.messageType !== "system") room.readSeq = seq;
    const root = room.messages.find(({ _id }) => _id === message.parentMessageId);
    if (root) this.change(room, root, { threadCount: root.threadCount + 1 });
    const thread = root && { thread: { messageId: root._id, rootSenderId: root.senderId._id, lastReplyAt: message.createdAt, threadCount: root.threadCount + 1, lastRepliers: [message.senderId] } };
    this.tell(room, "newMessage", { message, ...thread });
    return message;
  }

  /** Somebody changes what they wrote. */
  edit(message: Message, text: string, mentions: string[] = []): void {
    const room = this.room(message.channelId);
    const changed = { message: text, mentions, isEdited: true, revision: message.revision + 1 };
    this.change(room, message, changed);
    this.tell(room, "messageEdited", { messageId: message._id, mentioned: [], mentionsChannel: false, ...changed });
  }

  /** Somebody takes a message's words away. */
  remove(message: Message): void {
    const room = this.room(message.channelId);
    const { _id: messageId, seq, senderId, parentMessageId } = message;
    this.change(room, message, { message: "", isDeleted: true, mentions: [], reactions: [], isPinned: false });
    const of = parentMessageId ? { parentMessageId } : {};
    this.tell(room, "messageDeleted", { messageId, seq, senderId: senderId._id, deletedBy: senderId._id, deletedAt: MESSAGE.createdAt, ...of });
  }

  /** Somebody puts an emoji under a message, or takes it back. */
  react(message: Message, emoji: string, userId: string): void {
    const room = this.room(message.channelId);
    const others = message.reactions.filter((each) => each.emoji !== emoji || each.userId !== userId);
    const added = others.length === message.reactions.length;
    const reaction = { emoji, userId, createdAt: MESSAGE.createdAt };
    this.change(room, message, { reactions: added ? [...others, reaction] : others });
    this.tell(room, added ? "reactionAdded" : "reactionRemoved", { messageId: message._id, ...reaction });
  }

  /** Somebody pins a message, or no longer. */
  pin(message: Message): void {
    const room = this.room(message.channelId);
    const isPinned = !message.isPinned;
    this.change(room, message, { isPinned });
    this.tell(room, "messagePinned", { messageId: message._id, isPinned });
  }

  /** Somebody changes what the channel is. */
  update(change: Pick<Channel, "name">, id = GENERAL): void {
    const room = this.room(id);
    room.channel = { ...room.channel, ...change };
    const { name, description, is_private, isArchived, isReadOnly, slowModeSeconds } = room.channel;
    this.tell(room, "channelUpdated", { name, description, avatar: "", is_private, isArchived, isReadOnly, slowModeSeconds });
  }

  /** Somebody is called otherwise from now on, wherever they are shown. */
  rename(_id: string, name: string): void {
    const person = { _id, name, avatarUrl: "" };
    this.renamed.push(person);
    for (const room of this.rooms.values()) room.messages = room.messages.map((message) => this.looking(message));
    this.deliver({ event: "peopleChanged", data: { people: [person], isReset: false } });
  }

  /** A change as a sync tells of it: of a message, as its sender looks now. */
  private toldAnew(event: ChannelEvent): ChannelEvent {
    if (event.event !== "newMessage") return event;
    return { ...event, data: { ...event.data, message: this.looking(event.data.message) } };
  }

  /** A message as the server tells it now. */
  private looking(message: Message): Message {
    const senderId = this.renamed.findLast(({ _id }) => _id === message.senderId._id) ?? message.senderId;
    return { ...message, senderId };
  }

  /** Somebody enters or leaves, or has another role. */
  members(by: -1 | 0 | 1, userId: string, id = GENERAL): void {
    const room = this.room(id);
    const participantCount = room.channel.participantCount + by;
    room.channel = { ...room.channel, participantCount };
    if (by > 0) this.tell(room, "membersAdded", { members: [{ userId, name: userId, avatarUrl: "", role: "member" }], participantCount });
    else if (by < 0) this.tell(room, "memberRemoved", { userId, participantCount });
    else this.tell(room, "memberUpdated", { userId, role: "admin" });
  }

  /** How alice stands, as the server counts it. */
  standing(id = GENERAL): Standing {
    const { readSeq, messages } = this.room(id);
    const theirs = messages.filter((each) => each.seq > readSeq && each.senderId._id !== "alice" && !each.isDeleted);
    const unread = theirs.filter((each) => !each.parentMessageId && each.messageType !== "system").length;
    const mentions = theirs.filter((each) => each.mentions.includes("alice") || each.mentionsChannel).length;
    return { role: "member", readSeq, unread: Math.min(100, unread), mentions: Math.min(100, mentions), notifyLevel: "all" };
  }

  /** Moves alice's cursor, as another device of hers does. */
  moveCursor(readSeq: number, id = GENERAL): unknown {
    this.room(id).readSeq = readSeq;
    const read = { channelId: id, ...this.standing(id) };
    this.socket.push("channelRead", read);
    return read;
  }

  private change(room: Room, message: Message, change: Partial<Message>): void {
    room.messages = room.messages.map((each) => (each._id === message._id ? { ...each, ...change } : each));
  }

  private tell(room: Room, event: ChannelEvent["event"], data: object): void {
    const eventSeq = room.channel.eventSeq + 1;
    const channelId = room.channel._id;
    room.channel = { ...room.channel, eventSeq };
    const change = { event, eventSeq, data: { channelId, eventSeq, ...data } } as ChannelEvent;
    room.events.push(change);
    this.deliver(change);
  }

  texts(id = GENERAL): string[] {
    return this.chat.timeline(id).messages.map((message) => message.message);
  }

  private answer(event: string, payload: unknown): unknown {
    if (event === "sync") return this.sync(payload as { epoch: string; channels: Record<string, number>; peopleSeq: number });
    if (event === "sendMessage") return this.send(payload as SendMessage);
    if (event === "markAsRead") {
      const { channelId, seq } = payload as { channelId: string; seq: number };
      return { success: true, ...(this.moveCursor(Math.max(seq, this.room(channelId).readSeq), channelId) as object) };
    }
    if (event === "markAsUnread") {
      const [channelId, seq] = (payload as string).split("-") as [string, string];
      return { success: true, ...(this.moveCursor(Number(seq) - 1, channelId) as object) };
    }
    if (event === "saveDraft") {
      const draft = { ...(payload as Draft), updatedAt: MESSAGE.createdAt };
      this.drafts.set(`${draft.channelId}/${draft.parentMessageId ?? ""}`, draft);
      this.socket.push("draftChanged", draft);
      return { success: true, ...draft };
    }
    if (event === "followThread" || event === "markThreadRead") return { success: true };
    return { error: "Unknown.", code: "unknown_event" };
  }

  private send(send: SendMessage): unknown {
    const { channelId, message, clientId, parentMessageId, mentions = [] } = send;
    const refused = this.refuse(send);
    if (refused) return refused;
    const known = this.room(channelId).messages.find((each) => each.clientId === clientId);
    const more = { mentions, ...(parentMessageId ? { parentMessageId } : {}) };
    const stored = known ?? this.post(message, channelId, "alice", clientId, more);
    const sentBy = (event: ChannelEvent) => event.event === "newMessage" && event.data.message._id === stored._id;
    const { eventSeq } = this.room(channelId).events.find(sentBy)!;
    if (this.loseAck()) return undefined;
    const { _id: messageId, seq, createdAt } = stored;
    return { success: true, messageId, channelId, clientId, seq, eventSeq, createdAt, duplicate: known !== undefined };
  }

  private sync({ epoch, channels, peopleSeq }: { epoch: string; channels: Record<string, number>; peopleSeq: number }): unknown {
    const answers: Record<string, ChannelSync> = {};
    for (const [id, position] of Object.entries(channels)) {
      const room = this.rooms.get(id);
      if (!room) answers[id] = { status: "gone" };
      else if (epoch !== this.epoch || position < room.forgotten || position > room.channel.eventSeq) {
        answers[id] = { status: "reset", eventSeq: room.channel.eventSeq };
      } else {
        const events = room.events.filter((event) => event.eventSeq > position).map((event) => this.toldAnew(event));
        answers[id] = { status: "events", eventSeq: room.channel.eventSeq, events };
      }
    }
    const added = [...this.rooms.values()].map((room) => room.channel).filter((channel) => !(channel._id in channels));
    const missed = this.renamed.slice(peopleSeq);
    const isPeopleReset = missed.length > this.peopleInSync;
    const people = { people: isPeopleReset ? [] : missed, peopleSeq: this.renamed.length, isPeopleReset };
    return { success: true, epoch: this.epoch, channels: answers, added, ...people };
  }

  private async rest(url: string): Promise<Response> {
    if (this.restDown) throw new TypeError("network");
    const body = JSON.stringify(this.restAnswer(new URL(url, "http://parley.test")));
    await this.beforeAnswer();
    return new Response(body, { status: 200, headers: { "Content-Type": "application/json" } });
  }

  private restAnswer(url: URL): unknown {
    const ok = (data: unknown) => ({ success: true, data });
    const [, , noun, id, part] = url.pathname.split("/");
    if (noun === "communications") return ok(this.page(url.searchParams));
    if (noun === "drafts") return ok({ drafts: [...this.drafts.values()].filter(({ message }) => message) });
    if (noun === "threads") return ok({ threads: this.followed() });
    if (noun === "saved") return ok({ saved: this.savedIds.map((_id) => ({ message: { ...MESSAGE, _id }, savedAt: MESSAGE.createdAt })) });
    if (part === "reads") return ok({ reads: [{ userId: "alice", readSeq: this.room(id).readSeq }, { userId: "bob", readSeq: this.room(id).channel.seq }] });
    if (part === "participants") return ok({ participants: ["alice", "bob"].map((userId) => ({ userId, name: userId, avatarUrl: "" })), hasMore: false });
    if (id) return ok({ channel: this.seen(this.room(id)) });
    return ok({ epoch: this.epoch, channels: [...this.rooms.values()].map((room) => this.seen(room)) });
  }

  private seen(room: Room): Channel {
    return { ...room.channel, me: this.standing(room.channel._id) };
  }

  private page(query: URLSearchParams): unknown {
    const room = this.room(query.get("channelId")!);
    const rootId = query.get("parentMessageId");
    const all = room.messages.filter((message) => !rootId || message.parentMessageId === rootId);
    const limit = Number(query.get("limit"));
    const around = query.get("around");
    const after = query.get("after");
    const before = Number(query.get("before") ?? Infinity);
    const middle = all.findIndex(({ _id, seq }) => _id === around || String(seq) === around);
    const from = all.findIndex(({ seq }) => seq > Number(after));
    const older = all.filter(({ seq }) => seq < before);
    let messages = older.slice(-limit);
    let hasMore = older.length > messages.length;
    if (after !== null) [messages, hasMore] = from < 0 ? [[], false] : [all.slice(from, from + limit), all.length > from + limit];
    if (around !== null) [messages, hasMore] = [all.slice(Math.max(0, middle - limit / 2), middle + limit / 2), middle > limit / 2];
    const root = room.messages.find(({ _id }) => _id === rootId);
    const thread = { messageId: rootId, threadCount: all.length, lastRepliers: [], isFollowing: false, readSeq: 0, lastSeq: 0 };
    return { messages, hasMore, eventSeq: room.channel.eventSeq, ...(root ? { root, thread } : {}) };
  }
}

const NAMES: Record<string, string> = { alice: READY.user.name, bob: "Bob Tanaka" };

const CHANNEL: Channel = {
  _id: GENERAL,
  name: "General",
  description: "",
  channelType: "general",
  is_private: false,
  isInternal: true,
  isArchived: false,
  isReadOnly: false,
  slowModeSeconds: 0,
  participants: [],
  participantCount: 8,
  seq: 0,
  eventSeq: 0,
  messageCount: 0,
  createdBy: "system",
  createdAt: "2026-11-20T08:00:00.000Z",
  updatedAt: "2026-11-20T08:00:00.000Z",
};

export const MESSAGE: Message = {
  _id: "",
  channelId: GENERAL,
  seq: 0,
  clientId: "",
  senderId: { _id: "bob", name: "Bob Tanaka", avatarUrl: "" },
  senderModel: "User",
  message: "",
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
  createdAt: "2026-11-23T09:30:00.123Z",
  updatedAt: "2026-11-23T09:30:00.123Z",
};
