import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { FollowedThread, Message } from "../src/wire";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const OTHER = "6561f00f5c1b2a0007a1b2c4";

/** Alice follows one thread of bob's, and has read nothing of its one reply. */
async function setUp() {
  const server = new FakeChat({ rooms: [GENERAL, OTHER] });
  const root = server.post("root");
  const clock = { minute: 0 };
  const reply = (text: string, sender = "bob", to = root, more: Partial<Message> = {}) =>
    server.post(text, to.channelId, sender, text, { parentMessageId: to._id, createdAt: `2026-11-23T10:${String(clock.minute++).padStart(2, "0")}:00.000Z`, ...more });
  const first = reply("one");
  const listed = vi.fn((): FollowedThread[] => [follow(root, first, 1)]);
  server.followed = listed;
  server.connection.open();
  await pass();
  const rows = () => server.chat.followed.state.threads.map((thread) => [thread.root.message, thread.unread]);
  return { server, root, first, reply, listed, rows };
}

const follow = (root: Message, last: Message | null, unread: number): FollowedThread => ({ root, unread, readSeq: 0, lastSeq: last?.seq ?? 0 });

it("counts the replies of others, also of a channel that is not open, and none twice", async () => {
  const { server, reply, listed, rows } = await setUp();
  expect(server.chat.followed.state).toMatchObject({ status: "ready", threads: [{ unread: 1 }] });
  reply("two");
  await pass(1_000);
  expect(rows()).toEqual([["root", 2]]);
  expect(server.chat.followed.state.threads[0]?.root).toMatchObject({ threadCount: 2, lastRepliers: [{ _id: "bob" }] });
  reply("mine", "alice");
  await pass();
  expect(rows()).toEqual([["root", 0]]);
  expect(listed).toHaveBeenCalledTimes(1);
});

it("keeps what comes while the list is on its way, and counts nothing that the list knows", async () => {
  const { server, root, first, reply, rows } = await setUp();
  const second = reply("two");
  server.followed = () => [follow(root, second, 2)];
  server.beforeAnswer = () => void reply("three");
  await Promise.all([server.chat.followed.load(), pass(1)]);
  server.beforeAnswer = () => {};
  expect(rows()).toEqual([["root", 3]]);
  expect(first.seq).toBeLessThan(second.seq);
});

it("is read when any device has read all of it, and asks when only a part was", async () => {
  const { server, root, first, reply, listed, rows } = await setUp();
  const second = reply("two");
  server.socket.push("threadRead", { messageId: root._id, seq: second.seq });
  await pass();
  expect(rows()).toEqual([["root", 0]]);
  const third = reply("three");
  reply("four");
  server.followed = listed.mockImplementation(() => [{ ...follow(root, third, 1), readSeq: third.seq }]);
  server.socket.push("threadRead", { messageId: root._id, seq: third.seq });
  await pass();
  expect(rows()).toEqual([["root", 2]]);
  await pass(500);
  expect(rows()).toEqual([["root", 1]]);
  server.socket.push("threadRead", { messageId: root._id, seq: first.seq });
  await pass(500);
  expect(listed).toHaveBeenCalledTimes(2);
});

it.each([
  ["one writes in it", "bob", "alice", {}],
  ["one is named in it", "bob", "carol", { mentions: ["alice"] }],
  ["what one wrote gets its first reply", "alice", "carol", {}],
])("begins with a thread when %s, and asks once", async (_, author, sender, more) => {
  const { server, reply, listed, rows, root, first } = await setUp();
  const began = server.post("began", OTHER, author);
  const last = reply("hello", sender, began, more);
  reply("again", sender, began, more);
  listed.mockImplementation(() => [follow(began, last, 1), follow(root, first, 1)]);
  await pass(500);
  expect(listed).toHaveBeenCalledTimes(2);
  expect(rows()[0]?.[0]).toBe("began");
});

it("does not ask for others' threads", async () => {
  const { server, reply, listed } = await setUp();
  const theirs = server.post("theirs", OTHER);
  reply("hello", "carol", theirs);
  await pass(1_000);
  expect(listed).toHaveBeenCalledTimes(1);
});

it("begins and ends with a thread as each device says, and ends with its channel", async () => {
  const { server, root, rows, listed, first } = await setUp();
  server.socket.push("threadFollowed", { messageId: root._id, isFollowing: false });
  await pass();
  expect(rows()).toEqual([]);
  server.socket.push("threadFollowed", { messageId: root._id, isFollowing: true });
  await pass(500);
  expect(rows()).toEqual([["root", 1]]);
  listed.mockImplementation(() => []);
  server.socket.push("channelRemoved", { channelId: first.channelId });
  await pass();
  expect(rows()).toEqual([]);
});

it("puts the thread in which something was written last first, and says when it could not be loaded", async () => {
  const { server, root, first, reply, rows } = await setUp();
  const second = server.post("second", OTHER);
  server.followed = () => [follow(root, first, 0), follow(second, null, 0)];
  await Promise.all([server.chat.followed.load(), pass(1)]);
  expect(rows().map(([text]) => text)).toEqual(["root", "second"]);
  reply("now", "carol", second);
  await pass();
  expect(rows()).toEqual([
    ["second", 1],
    ["root", 0],
  ]);
  server.restDown = true;
  server.chat.followed.become("alice");
  await Promise.all([server.chat.followed.load(), pass(1)]);
  expect(server.chat.followed.state).toEqual({ status: "failed", threads: [] });
});

it("knows a new reply of a thread that was deleted to be read no more", async () => {
  const { server, first, listed, root, rows } = await setUp();
  listed.mockImplementation(() => [follow(root, first, 0)]);
  server.remove(first);
  await pass(500);
  expect(rows()).toEqual([["root", 0]]);
});
