import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection } from "../src/connection";
import { Typing } from "../src/typing/typing";
import { GENERAL } from "./fakeChat";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const ROOT = "6561f0335c1b2a0007a1b2d0";

async function setUp() {
  const socket = new FakeSocket(READY, () => ({ success: true }));
  const connection = new Connection({ token: () => Promise.resolve("token"), dial: socket.dial, random: () => 0 });
  const typing = new Typing(connection);
  connection.open();
  await pass();
  const told = () => socket.requests.map(({ event, payload }) => [event, payload]);
  const starts = (userId: string, parentMessageId?: string) =>
    socket.push("typing:started", { channelId: GENERAL, userId, userName: userId, ...(parentMessageId ? { parentMessageId } : {}) });
  return { socket, typing, told, starts };
}

it("tells others every three seconds while one writes, and when one stops", async () => {
  const { typing, told } = await setUp();
  for (const text of ["a", "ab", "abc"]) typing.writing.changed(GENERAL, text);
  expect(told()).toEqual([["typing:start", { channelId: GENERAL }]]);
  await pass(3_000);
  typing.writing.changed(GENERAL, "abcd");
  expect(told()).toHaveLength(2);
  typing.writing.changed(GENERAL, "");
  typing.writing.stopped(GENERAL);
  expect(told().slice(2)).toEqual([["typing:stop", { channelId: GENERAL }]]);
});

it("keeps channel and thread apart, and says nothing more of what was sent or is long over", async () => {
  const { typing, told } = await setUp();
  typing.writing.changed(GENERAL, "a");
  typing.writing.changed(GENERAL, "a", ROOT);
  expect(told()).toHaveLength(2);
  typing.writing.sent(GENERAL);
  typing.writing.stopped(GENERAL);
  await pass(6_000);
  typing.writing.stopped(GENERAL, ROOT);
  expect(told()).toHaveLength(2);
});

it("shows who writes for six seconds, where they write, until they stop or send", async () => {
  const { socket, typing, starts } = await setUp();
  starts("bob");
  starts("carol", ROOT);
  starts("alice"); // oneself
  expect(typing.in(GENERAL)).toEqual([{ userId: "bob", name: "bob" }]);
  expect(typing.in(GENERAL, ROOT)).toEqual([{ userId: "carol", name: "carol" }]);
  await pass(4_000);
  starts("bob");
  await pass(4_000);
  expect(typing.in(GENERAL)).toHaveLength(1);
  expect(typing.in(GENERAL, ROOT)).toEqual([]);
  await pass(2_000);
  expect(typing.in(GENERAL)).toEqual([]);

  starts("bob");
  socket.push("typing:stopped", { channelId: GENERAL, userId: "bob", userName: "bob" });
  expect(typing.in(GENERAL)).toEqual([]);
  starts("bob");
  socket.push("newMessage", { channelId: GENERAL, eventSeq: 1, message: { senderId: { _id: "bob" } } });
  expect(typing.in(GENERAL)).toEqual([]);
});
