import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";
import { FakeDatabase } from "./fakeStore";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function opened(database?: FakeDatabase): Promise<FakeChat> {
  const server = new FakeChat(database ? { outbox: database.page() } : {});
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

it("sends after the page was closed what was unsent before", async () => {
  const database = new FakeDatabase();
  const before = await opened(database);
  before.refuse = () => ({ error: "Down.", code: "unavailable" });
  before.chat.send(GENERAL, "kept");
  await pass(100);
  before.chat.dispose();
  const after = await opened(database);
  await pass(1_000);
  expect(stored(after)).toEqual(["kept"]);
  expect(after.texts()).toEqual(["kept"]);
  expect(database.kept.size).toBe(0);
});

it("shows in every page what waits, and sends it from one", async () => {
  const database = new FakeDatabase();
  const one = await opened(database);
  const two = await opened(database);
  one.refuse = () => ({ error: "Down.", code: "unavailable", retryAfterMs: 5_000 });
  one.chat.send(GENERAL, "from one page");
  await pass(1_000);
  expect(pending(two).map(({ message }) => message)).toEqual(["from one page"]);
  expect(two.socket.requests.filter(({ event }) => event === "sendMessage")).toEqual([]);
  one.refuse = () => null;
  await pass(5_000);
  expect(stored(one)).toEqual(["from one page"]);
  expect(pending(two)).toEqual([]);
});

it("sends what a page left behind that was closed while others were open", async () => {
  const database = new FakeDatabase();
  const closing = await opened(database);
  const staying = await opened(database);
  closing.loseAck = () => true;
  closing.refuse = () => undefined as never;
  closing.socket.gate = () => new Error("down");
  closing.socket.lose();
  closing.chat.send(GENERAL, "left behind");
  await pass(100);
  closing.chat.dispose();
  await pass(14_000);
  expect(stored(staying)).toEqual([]);
  await pass(2_000);
  expect(stored(staying)).toEqual(["left behind"]);
});

it("sends what was tried in vain also when the connection is back before the attempt has ended", async () => {
  const database = new FakeDatabase();
  const page = database.page();
  // A lock is given back later than the work in it ends.
  const slow = { ...page, exclusively: (name: string, work: () => Promise<void>) => page.exclusively(name, work).then(() => new Promise<void>((done) => setTimeout(done, 5_000))) };
  const server = new FakeChat({ outbox: slow });
  server.connection.open();
  await pass();
  await server.chat.open(GENERAL);
  server.socket.lose();
  server.chat.send(GENERAL, "in between"); // tried in vain, and the lock is held yet when the connection is back
  await pass(4_000);
  expect(server.connection.state).toBe("online");
  await pass(4_000);
  expect(stored(server)).toEqual(["in between"]);
});

it("carries the thread, the names and the quote of a message, and waits for the server to tell how it is shown", async () => {
  const server = await opened();
  const root = server.post("root");
  server.deliver = () => {}; // no push comes: it is fetched
  const bob = { _id: "bob", name: "Bob Tanaka", avatarUrl: "" };
  server.chat.send(GENERAL, { message: "@Bob Tanaka yes", parentMessageId: root._id, mentioned: [bob] });
  await pass();
  expect(pending(server).map(({ state }) => state)).toEqual(["sent"]);
  await pass(300);
  expect(pending(server)).toEqual([]);
  expect(server.room().messages[1]).toMatchObject({ parentMessageId: root._id, mentions: ["bob"] });
  expect(server.chat.timeline(GENERAL).messages[0]?.threadCount).toBe(1);
});

it("takes no more than it can keep", async () => {
  const server = await opened();
  server.socket.gate = () => new Error("down");
  server.socket.lose();
  for (let i = 0; i < 500; i++) server.chat.send(GENERAL, String(i));
  expect(() => server.chat.send(GENERAL, "one more")).toThrow(/500/);
});
