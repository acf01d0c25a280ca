import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function online(prepare: (server: FakeChat) => void = () => {}): Promise<FakeChat> {
  const server = new FakeChat();
  prepare(server);
  server.connection.open();
  await pass();
  return server;
}

const counts = (server: FakeChat) => {
  const { unread, mentions, badge } = server.chat.channels[0]!;
  return { unread, mentions, badge };
};
const marks = (server: FakeChat) => server.socket.requests.filter(({ event }) => event === "markAsRead").map(({ payload }) => (payload as { seq: number }).seq);

it("counts what others write, from where the server has counted to", async () => {
  const server = await online((s) => ["one", "two"].forEach((text) => s.post(text)));
  expect(counts(server)).toEqual({ unread: 2, mentions: 0, badge: 2 });
  server.post("@Alice", GENERAL, "bob", "named", { mentions: ["alice"] });
  server.post("Grace was added.", GENERAL, "grace", "note", { messageType: "system" });
  server.post("in a thread", GENERAL, "bob", "reply", { parentMessageId: `${GENERAL}-1` });
  await pass();
  expect(counts(server)).toEqual({ unread: 3, mentions: 1, badge: 3 });
});

it("reads a channel by writing in it, and not by a reply or a line about what one did", async () => {
  const server = await online((s) => ["one", "two"].forEach((text) => s.post(text)));
  server.post("mine", GENERAL, "alice", "reply", { parentMessageId: `${GENERAL}-1` });
  server.post("Alice added Grace.", GENERAL, "alice", "note", { messageType: "system" });
  await pass();
  expect(counts(server)).toMatchObject({ unread: 2 });
  server.post("here", GENERAL, "alice");
  await pass();
  expect(counts(server)).toMatchObject({ unread: 0 });
});

it("counts a reply only where it names one", async () => {
  const server = await online((s) => void s.post("root", GENERAL, "alice"));
  server.post("@Alice", GENERAL, "bob", "reply", { parentMessageId: `${GENERAL}-1`, mentions: ["alice"] });
  await pass();
  expect(counts(server)).toEqual({ unread: 0, mentions: 1, badge: 1 });
});

it("counts less when an unread message is deleted, also one that is not here", async () => {
  const server = await online((s) => ["one", "two"].forEach((text) => s.post(text)));
  server.remove(server.room().messages[0]!);
  await pass(600);
  expect(counts(server)).toMatchObject({ unread: 1 });
  await server.chat.open(GENERAL);
  server.remove(server.room().messages[1]!);
  await pass();
  expect(counts(server)).toMatchObject({ unread: 0 });
});

it("counts a name that an edit brings or takes", async () => {
  const server = await online((s) => void s.post("one"));
  server.edit(server.room().messages[0]!, "@Alice", ["alice"]);
  await pass(600);
  expect(counts(server)).toMatchObject({ mentions: 1 });
  server.edit(server.room().messages[0]!, "nobody");
  await pass(600);
  expect(counts(server)).toMatchObject({ mentions: 0 });
});

it("tells the server what was read once a second at most, and the last of it", async () => {
  const server = await online();
  for (let i = 0; i < 10; i++) {
    server.post(String(i));
    server.chat.markAsRead(GENERAL);
    await pass(150);
  }
  expect(counts(server)).toMatchObject({ unread: 0 });
  await pass(1_000);
  expect(marks(server)).toEqual([1, 7, 10]);
});

it("tells what was read without a connection when there is one again", async () => {
  const server = await online();
  server.post("one");
  await pass();
  server.socket.lose();
  server.chat.markAsRead(GENERAL);
  await pass(2_000);
  expect(server.standing().readSeq).toBe(1);
  expect(counts(server)).toMatchObject({ unread: 0 });
});

it("shows what another device has read, and what was made unread again", async () => {
  const server = await online((s) => ["one", "two", "three"].forEach((text) => s.post(text)));
  server.moveCursor(2);
  await pass();
  expect(counts(server)).toMatchObject({ unread: 1 });
  await server.chat.open(GENERAL);
  server.chat.markAsRead(GENERAL);
  await pass(1_000);
  expect(counts(server)).toMatchObject({ unread: 0 });
  await server.chat.markAsUnread(server.room().messages[0]!);
  await pass();
  expect(counts(server)).toMatchObject({ unread: 3 });
  server.post("four");
  await pass();
  expect(counts(server)).toMatchObject({ unread: 4 });
});

it("fetches what another device has read when servers did not hear each other", async () => {
  const server = await online((s) => ["one", "two", "three"].forEach((text) => s.post(text)));
  server.room().readSeq = 2; // nobody is told
  await pass(20_000);
  expect(counts(server)).toMatchObject({ unread: 3 });
  server.socket.push("eventsLost", {});
  server.socket.push("eventsLost", {});
  await pass(10_500);
  expect(counts(server)).toMatchObject({ unread: 1 });
  expect(server.socket.auths).toHaveLength(1);
});

it("reads by writing", async () => {
  const server = await online((s) => void s.post("one"));
  server.chat.send(GENERAL, "answer");
  await pass();
  expect(counts(server)).toMatchObject({ unread: 0 });
});

it("ends counting at a hundred", async () => {
  const server = await online((s) => {
    for (let i = 0; i < 130; i++) s.post(String(i));
  });
  server.post("one more");
  await pass();
  expect(counts(server)).toMatchObject({ unread: 100 });
});

it("knows who has read what in a small channel", async () => {
  const server = await online((s) => void s.post("one"));
  await server.chat.open(GENERAL);
  await pass();
  const readers = () => server.chat.receipts.of(GENERAL).map(({ userId, readSeq }) => [userId, readSeq]);
  expect(readers()).toEqual([["alice", 0], ["bob", 1]]);
  server.post("two", GENERAL, "alice");
  server.socket.push("messagesRead", { channelId: GENERAL, userId: "bob", readSeq: 2 });
  server.socket.push("messagesRead", { channelId: GENERAL, userId: "bob", readSeq: 1 });
  await pass();
  expect(readers()).toEqual([["alice", 0], ["bob", 2]]);
});
