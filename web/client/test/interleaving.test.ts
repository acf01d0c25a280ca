import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Channel, ChannelEvent, Message } from "../src/wire";
import { FakeChat, GENERAL } from "./fakeChat";

const SECOND = "6561f00f5c1b2a0007a1b2c4";
const RUNS = 150;
const STEPS = 60;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The same numbers for the same seed (mulberry32), so that a failing run can be repeated. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** A network that loses, doubles, delays and reorders, over a server that forgets, for a user who writes all the while. */
class Chaos {
  private readonly held: ChannelEvent[] = [];
  private calm = false;
  private written = 0;
  readonly mine: string[] = [];

  constructor(
    readonly server: FakeChat,
    private readonly random: () => number,
  ) {
    const deliver = server.deliver;
    server.deliver = (event) => {
      const luck = this.calm ? 1 : this.random();
      if (luck < 0.15) return; // lost
      if (luck < 0.3 && event.event !== "peopleChanged") return void this.held.push(event); // late; but nothing overtakes its like
      deliver(event);
      if (luck < 0.4) deliver(event); // twice
    };
    server.loseAck = () => !this.calm && this.random() < 0.2;
    server.beforeAnswer = () => {
      if (!this.calm && this.random() < 0.3) this.random() < 0.5 ? this.post() : this.alter();
    };
    this.release = () => this.held.splice(0).sort(() => this.random() - 0.5).forEach(deliver);
  }

  private readonly release: () => void;

  private room(): string {
    return this.random() < 0.6 ? GENERAL : SECOND;
  }

  private post(): void {
    this.server.post(`bob ${++this.written}`, this.room());
  }

  /** Somebody reacts, pins, answers in a thread, renames the channel, comes, goes, is promoted or is called otherwise. */
  private alter(): void {
    const id = this.room();
    const { messages } = this.server.room(id);
    const message = messages[Math.floor(this.random() * messages.length)];
    const luck = this.random();
    if (luck < 0.05) this.server.rename("bob", `Bob ${++this.written}`);
    else if (luck < 0.15) this.server.update({ name: `name ${++this.written}` }, id);
    else if (luck < 0.3) this.server.members(luck < 0.2 ? -1 : luck < 0.25 ? 0 : 1, "carol", id);
    else if (!message || message.isDeleted) return;
    else if (luck < 0.6) this.server.react(message, luck < 0.45 ? "👍" : "🎉", luck < 0.5 ? "alice" : "bob");
    else if (luck < 0.8) this.server.pin(message);
    else if (!message.parentMessageId) this.server.post(`bob ${++this.written}`, id, "bob", undefined, { parentMessageId: message._id });
  }

  /** Somebody changes or deletes something, or reads on another device. */
  private change(): void {
    const id = this.room();
    const { messages, channel } = this.server.room(id);
    const message = messages[Math.floor(this.random() * messages.length)];
    const luck = this.random();
    if (luck < 0.3) this.server.moveCursor(Math.floor(this.random() * (channel.seq + 1)), id);
    else if (!message || message.isDeleted) return;
    else if (luck < 0.7) this.server.edit(message, `edited ${++this.written}`, this.random() < 0.5 ? ["alice"] : []);
    else if (message.senderId._id !== "alice") this.server.remove(message);
  }

  /** Alice looks at an old message, or reads. */
  private look(): void {
    const id = this.room();
    const { messages } = this.server.room(id);
    const message = messages[Math.floor(this.random() * messages.length)];
    const luck = this.random();
    const ignore = () => {};
    if (luck < 0.3 && message) this.server.chat.history.jump(id, message._id).catch(ignore);
    else if (luck < 0.5) this.server.chat.history.loadNewer(id).catch(ignore);
    else if (luck < 0.7) this.server.chat.history.toNewest(id).catch(ignore);
    else this.server.chat.markAsRead(id);
  }

  private write(): void {
    const text = `alice ${++this.written}`;
    this.mine.push(text);
    this.server.chat.send(this.room(), text);
  }

  private forget(): void {
    const room = this.server.room(this.room());
    room.forgotten = Math.max(room.forgotten, room.channel.eventSeq - Math.floor(this.random() * 5));
  }

  async step(): Promise<void> {
    const luck = this.random();
    if (luck < 0.3) this.post();
    else if (luck < 0.46) this.write();
    else if (luck < 0.51) this.change();
    else if (luck < 0.56) this.alter();
    else if (luck < 0.6) this.look();
    else if (luck < 0.7) this.release();
    else if (luck < 0.76) this.server.socket.lose();
    else if (luck < 0.8) this.forget();
    else if (luck < 0.86) void this.server.chat.open(this.room());
    else if (luck < 0.9) void this.server.chat.loadOlder(this.room());
    else await vi.advanceTimersByTimeAsync(Math.floor(this.random() * 4_000));
    await vi.advanceTimersByTimeAsync(0);
  }

  /** The network heals; a last reconnect lets everybody agree. */
  async heal(): Promise<void> {
    this.calm = true;
    this.release();
    await vi.advanceTimersByTimeAsync(60_000);
    this.server.socket.lose();
    await vi.advanceTimersByTimeAsync(60_000);
    await Promise.all([this.server.chat.history.toNewest(GENERAL), this.server.chat.history.toNewest(SECOND)]);
    await vi.advanceTimersByTimeAsync(1_000);
  }
}

it(`shows exactly what the server has, whatever the network did (${RUNS} runs)`, async () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const chaos = new Chaos(new FakeChat({ rooms: [GENERAL, SECOND] }), randomOf(seed));
    const { server } = chaos;
    server.connection.open();
    await vi.advanceTimersByTimeAsync(0);
    for (let step = 0; step < STEPS; step++) {
      await chaos.step();
      for (const id of [GENERAL, SECOND]) expectNoHole(server, id, seed);
    }
    await chaos.heal();
    for (const id of [GENERAL, SECOND]) expectCurrent(server, id, seed);
    const stored = [...server.rooms.values()].flatMap((room) => room.messages.map((message) => message.message));
    const changed = stored.filter((text) => text.startsWith("edited")).length;
    const missing = chaos.mine.filter((text) => stored.filter((each) => each === text).length !== 1);
    expect(missing.length, `run ${seed}: each is stored once, and says what was written unless it was edited`).toBeLessThanOrEqual(changed);
    const ids = [...server.rooms.values()].flatMap((room) => room.messages.map(({ clientId }) => clientId));
    expect(new Set(ids).size, `run ${seed}`).toBe(ids.length);
    server.chat.dispose();
    server.connection.close();
  }
});

/** At any moment: in order, each once, nothing missing in between. */
function expectNoHole(server: FakeChat, id: string, seed: number): void {
  const { status, messages } = server.chat.timeline(id);
  if (status !== "ready") return;
  const first = messages[0]?.seq ?? 0;
  expect(messages.map(({ seq }) => seq), `run ${seed}`).toEqual(messages.map((_, index) => first + index));
}

/** In the end: the newest part of the history as the server has it, up to its last message. */
function expectCurrent(server: FakeChat, id: string, seed: number): void {
  const { messages, pending, hasMore, status } = server.chat.timeline(id);
  const says = ({ _id, senderId, message, isDeleted, mentions, isPinned, threadCount, reactions }: Message) => {
    const under = reactions.map(({ emoji, userId }) => `${emoji} ${userId}`).sort(); // their order says nothing
    return { _id, from: senderId.name, message, isDeleted, mentions, isPinned, threadCount, reactions: under };
  };
  const history = server.room(id).messages.map(says);
  expect(status, `run ${seed}`).toBe("ready");
  expect(messages.map(says), `run ${seed}`).toEqual(history.slice(history.length - messages.length));
  const state = server.chat.channels.find(({ channel }) => channel._id === id)!;
  const is = ({ name, participantCount, seq, eventSeq }: Channel) => ({ name, participantCount, seq, eventSeq });
  expect(is(state.channel), `run ${seed}`).toEqual(is(server.room(id).channel));
  const { readSeq, unread, mentions } = server.standing(id);
  expect({ readSeq: state.readSeq, unread: state.unread, mentions: state.mentions }, `run ${seed}`).toEqual({ readSeq, unread, mentions });
  expect(messages.length === history.length || hasMore, `run ${seed}`).toBe(true);
  expect(pending, `run ${seed}`).toEqual([]);
}
