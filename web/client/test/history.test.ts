import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const numbers = (server: FakeChat) => server.texts().map(Number);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function online(count: number): Promise<FakeChat> {
  const server = new FakeChat();
  for (let i = 1; i <= count; i++) server.post(String(i));
  server.connection.open();
  await pass();
  return server;
}

it("jumps to an old message, and goes on from there both ways until it meets the newest", async () => {
  const server = await online(300);
  await server.chat.open(GENERAL);
  const { history } = server.chat;
  expect((await history.jump(GENERAL, `${GENERAL}-100`))?.message).toBe("100");
  expect(numbers(server)).toEqual(range(75, 124));
  expect(server.chat.timeline(GENERAL)).toMatchObject({ hasMore: true, hasNewer: true });
  await server.chat.loadOlder(GENERAL);
  expect(numbers(server)).toEqual(range(25, 124));
  server.post("301"); // does not appear in the past
  await pass();
  expect(numbers(server).at(-1)).toBe(124);
  while (server.chat.timeline(GENERAL).hasNewer) await history.loadNewer(GENERAL);
  expect(numbers(server)).toEqual(range(25, 301));
  server.post("302");
  await pass();
  expect(numbers(server).at(-1)).toBe(302);
});

it("shows changes in the past", async () => {
  const server = await online(200);
  await server.chat.open(GENERAL);
  await server.chat.history.jump(GENERAL, `${GENERAL}-20`);
  server.edit(server.room().messages[19]!, "changed");
  server.remove(server.room().messages[20]!);
  await pass();
  const messages = server.chat.timeline(GENERAL).messages;
  expect(messages.find(({ seq }) => seq === 20)?.message).toBe("changed");
  expect(messages.find(({ seq }) => seq === 21)?.isDeleted).toBe(true);
});

it("returns to the newest", async () => {
  const server = await online(200);
  await server.chat.open(GENERAL);
  await server.chat.history.jump(GENERAL, `${GENERAL}-20`);
  await server.chat.history.toNewest(GENERAL);
  expect(numbers(server)).toEqual(range(151, 200));
});

it("needs no jump to what is shown, and none that meets the newest stays apart", async () => {
  const server = await online(60);
  const message = await server.chat.history.jump(GENERAL, `${GENERAL}-50`); // never opened before
  expect(message?.seq).toBe(50);
  expect(numbers(server)).toEqual(range(25, 60));
  expect(server.chat.timeline(GENERAL)).toMatchObject({ status: "ready", hasMore: true, hasNewer: false });
  const before = server.socket.requests.length;
  await server.chat.history.jump(GENERAL, `${GENERAL}-30`);
  expect(server.socket.requests.length).toBe(before);
  await server.chat.loadOlder(GENERAL);
  expect(numbers(server)).toEqual(range(1, 60));
});

it("starts anew after a reset", async () => {
  const server = await online(200);
  await server.chat.open(GENERAL);
  await server.chat.history.jump(GENERAL, `${GENERAL}-20`);
  server.socket.lose();
  server.post("201");
  server.room().forgotten = 201;
  await pass(1_000);
  expect(numbers(server)).toEqual(range(152, 201));
});
