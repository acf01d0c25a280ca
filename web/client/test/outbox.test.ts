import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

class MemoryStorage {
  private readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
}

async function opened(storage?: MemoryStorage): Promise<FakeChat> {
  const server = new FakeChat(storage);
  server.connection.open();
  await pass();
  await server.chat.open(GENERAL);
  return server;
}

const stored = (server: FakeChat) => server.room().messages.map((message) => message.message);
const pending = (server: FakeChat) => server.chat.timeline(GENERAL).pending;

it("shows a message at once, and as sent with the ack", async () => {
  const server = await opened();
  server.chat.send(GENERAL, "hello");
  expect(pending(server).map(({ state }) => state)).toEqual(["sending"]);
  await pass();
  expect(pending(server)).toEqual([]);
  expect(server.texts()).toEqual(["hello"]);
});

it("takes the ack for the push when the push is lost", async () => {
  const server = await opened();
  server.deliver = () => {};
  server.chat.send(GENERAL, "hello");
  await pass();
  expect(server.texts()).toEqual(["hello"]);
  expect(pending(server)).toEqual([]);
});

it("sends again what had no answer, and it is there once", async () => {
  const server = await opened();
  server.loseAck = () => true;
  server.deliver = () => {};
  server.chat.send(GENERAL, "hello");
  await pass(9_000);
  server.socket.lose();
  server.loseAck = () => false;
  await pass(2_000);
  expect(stored(server)).toEqual(["hello"]);
  expect(server.texts()).toEqual(["hello"]);
  expect(pending(server)).toEqual([]);
  const ids = server.socket.requests.filter(({ event }) => event === "sendMessage").map(({ payload }) => (payload as { clientId: string }).clientId);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
});

it("keeps the order of what is written while offline", async () => {
  const server = await opened();
  server.socket.gate = () => new Error("down");
  server.socket.lose();
  ["one", "two", "three"].forEach((text) => server.chat.send(GENERAL, text));
  await pass(5_000);
  expect(stored(server)).toEqual([]);
  server.socket.gate = () => null;
  await pass(40_000);
  expect(stored(server)).toEqual(["one", "two", "three"]);
  expect(server.texts()).toEqual(["one", "two", "three"]);
});

it("leaves a refused message to the user, and sends the next one", async () => {
  const server = await opened();
  server.refuse = ({ message }) => (message === "bad" ? { error: "Not here.", code: "forbidden" } : null);
  server.chat.send(GENERAL, "bad");
  server.chat.send(GENERAL, "good");
  await pass();
  expect(stored(server)).toEqual(["good"]);
  expect(pending(server).map(({ state, error }) => [state, error?.code])).toEqual([["failed", "forbidden"]]);
  server.refuse = () => null;
  server.chat.retry(pending(server)[0]!.clientId);
  await pass();
  expect(stored(server)).toEqual(["good", "bad"]);
  expect(pending(server)).toEqual([]);
});

it("waits as long as the server says", async () => {
  const server = await opened();
  const slow = { error: "Slow down.", code: "rate_limited", retryAfterMs: 4_000 };
  server.refuse = () => slow;
  server.chat.send(GENERAL, "hello");
  await pass(3_900);
  expect(server.socket.requests.filter(({ event }) => event === "sendMessage")).toHaveLength(1);
  server.refuse = () => null;
  await pass(200);
  expect(stored(server)).toEqual(["hello"]);
});

it("gives up on a server that keeps refusing, and can be discarded", async () => {
  const server = await opened();
  server.refuse = () => ({ error: "Down.", code: "unavailable" });
  server.chat.send(GENERAL, "hello");
  await pass(120_000);
  expect(pending(server).map(({ state }) => state)).toEqual(["failed"]);
  server.chat.discard(pending(server)[0]!.clientId);
  expect(pending(server)).toEqual([]);
});

it("sends after a reload of the page what was unsent before", async () => {
  const storage = new MemoryStorage();
  const before = await opened(storage);
  before.loseAck = () => true;
  before.refuse = () => ({ error: "Down.", code: "unavailable" });
  before.chat.send(GENERAL, "kept");
  await pass(100);
  before.chat.dispose();
  const after = await opened(storage);
  await pass(1_000);
  expect(stored(after)).toEqual(["kept"]);
  expect(after.texts()).toEqual(["kept"]);
});

it("survives a storage full of nonsense", async () => {
  const storage = new MemoryStorage();
  storage.setItem("parley.outbox.alice", '[{"clientId":1},null,"x",{"state":"sending"}]');
  const server = await opened(storage);
  expect(pending(server)).toEqual([]);
});
