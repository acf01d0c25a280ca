import { Api } from "../src/api";
import { Chat } from "../src/chat/chat";
import { Connection } from "../src/connection";
import type { Channel, ChannelEvent, ChannelSync, Message, SendMessage } from "../src/wire";
import { FakeSocket, READY } from "./fakeSocket";

export const GENERAL = "6561f00f5c1b2a0007a1b2c3";

/** One channel as the server has it. */
interface Room {
  channel: Channel;
  messages: Message[];
  events: Extract<ChannelEvent, { event: "newMessage" }>[];
  /** Events up to here are forgotten, as a server forgets them after a time. */
  forgotten: number;
}

/** A chat server with all its promises, and a network that keeps none. */
export class FakeChat {
  epoch = READY.epoch;
  readonly rooms = new Map<string, Room>();
  readonly socket: FakeSocket;
  readonly connection: Connection;
  readonly chat: Chat;
  /** What the network does to a push; by default delivers it. */
  deliver: (event: ChannelEvent) => void = (event) => this.socket.push(event.event, event.data);
  /** Whether an ack that is on its way gets lost. */
  loseAck: () => boolean = () => false;
  /** Comes before an answer of REST. */
  beforeAnswer: () => Promise<void> | void = () => {};
  /** Refuses a send instead of taking it. */
  refuse: (send: SendMessage) => object | null = () => null;
  restDown = false;

  constructor(storage?: Pick<Storage, "getItem" | "setItem">, rooms = [GENERAL]) {
    rooms.forEach((id) => this.addRoom(id));
    this.socket = new FakeSocket(READY, (event, payload) => this.answer(event, payload));
    this.socket.onReady = () => ({ ...READY, epoch: this.epoch });
    this.connection = new Connection({ token: () => Promise.resolve("token"), dial: this.socket.dial, random: () => 0 });
    const api = new Api({ fetch: (url) => this.rest(String(url)) });
    this.chat = new Chat(this.connection, api, { random: () => 0, session: storage });
  }

  addRoom(id: string): Room {
    const room: Room = { channel: { ...CHANNEL, _id: id }, messages: [], events: [], forgotten: 0 };
    this.rooms.set(id, room);
    return room;
  }

  room(id = GENERAL): Room {
    const room = this.rooms.get(id);
    if (!room) throw new Error(`no room ${id}`);
    return room;
  }

  /** Somebody writes. */
  post(text: string, id = GENERAL, sender = "bob", clientId = `${sender}-${text}`): Message {
    const room = this.room(id);
    const seq = room.channel.seq + 1;
    const eventSeq = room.channel.eventSeq + 1;
    const message: Message = { ...MESSAGE, _id: `${id}-${seq}`, channelId: id, seq, clientId, message: text };
    message.senderId = { ...message.senderId, _id: sender };
    room.channel = { ...room.channel, seq, eventSeq };
    room.messages.push(message);
    const event = { event: "newMessage" as const, eventSeq, data: { channelId: id, eventSeq, message } };
    room.events.push(event);
    this.deliver(event);
    return message;
  }

  texts(id = GENERAL): string[] {
    return this.chat.timeline(id).messages.map((message) => message.message);
  }

  private answer(event: string, payload: unknown): unknown {
    if (event === "sync") return this.sync(payload as { epoch: string; channels: Record<string, number> });
    if (event === "sendMessage") return this.send(payload as SendMessage);
    return { error: "Unknown.", code: "unknown_event" };
  }

  private send({ channelId, message, clientId }: SendMessage): unknown {
    const refused = this.refuse({ channelId, message, messageType: "text", clientId });
    if (refused) return refused;
    const known = this.room(channelId).messages.find((each) => each.clientId === clientId);
    const stored = known ?? this.post(message, channelId, "alice", clientId);
    const { eventSeq } = this.room(channelId).events.find((each) => each.data.message._id === stored._id)!;
    if (this.loseAck()) return undefined;
    const { _id: messageId, seq, createdAt } = stored;
    return { success: true, messageId, channelId, clientId, seq, eventSeq, createdAt, duplicate: known !== undefined };
  }

  private sync({ epoch, channels }: { epoch: string; channels: Record<string, number> }): unknown {
    const answers: Record<string, ChannelSync> = {};
    for (const [id, position] of Object.entries(channels)) {
      const room = this.rooms.get(id);
      if (!room) answers[id] = { status: "gone" };
      else if (epoch !== this.epoch || position < room.forgotten || position > room.channel.eventSeq) {
        answers[id] = { status: "reset", eventSeq: room.channel.eventSeq };
      } else {
        const events = room.events.filter((event) => event.eventSeq > position);
        answers[id] = { status: "events", eventSeq: room.channel.eventSeq, events };
      }
    }
    const added = [...this.rooms.values()].map((room) => room.channel).filter((channel) => !(channel._id in channels));
    return { success: true, epoch: this.epoch, channels: answers, added };
  }

  private async rest(url: string): Promise<Response> {
    if (this.restDown) throw new TypeError("network");
    const body = JSON.stringify(this.restAnswer(new URL(url, "http://parley.test")));
    await this.beforeAnswer();
    return new Response(body, { status: 200, headers: { "Content-Type": "application/json" } });
  }

  private restAnswer(url: URL): unknown {
    if (url.pathname === "/api/channels") {
      return { success: true, data: { epoch: this.epoch, channels: [...this.rooms.values()].map((room) => room.channel) } };
    }
    if (url.pathname === "/api/communications") {
      const room = this.room(url.searchParams.get("channelId")!);
      const before = Number(url.searchParams.get("before") ?? Infinity);
      const older = room.messages.filter((message) => message.seq < before);
      const messages = older.slice(-Number(url.searchParams.get("limit")));
      return { success: true, data: { messages, hasMore: older.length > messages.length, eventSeq: room.channel.eventSeq } };
    }
    return { success: true, data: { channel: this.room(url.pathname.split("/").pop()).channel } };
  }
}

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

const MESSAGE: Message = {
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
