import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Message } from "../src/wire";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function thread(replies: number): Promise<{ server: FakeChat; root: Message; view: () => ReturnType<FakeChat["chat"]["threads"]["view"]> }> {
  const server = new FakeChat();
  const root = server.post("root");
  for (let i = 1; i <= replies; i++) server.post(String(i), GENERAL, "bob", `r${i}`, { parentMessageId: root._id });
  server.connection.open();
  await pass();
  await server.chat.threads.load(GENERAL, root._id);
  return { server, root, view: () => server.chat.threads.view(root._id) };
}

it("is a page of replies that grows at both ends", async () => {
  const { server, root, view } = await thread(70);
  expect(view().replies.map(({ message }) => Number(message))).toEqual(Array.from({ length: 50 }, (_, i) => i + 21));
  await server.chat.threads.loadOlder(root._id);
  expect(view().replies).toHaveLength(70);
  expect(view().hasMore).toBe(false);
  server.post("71", GENERAL, "bob", "r71", { parentMessageId: root._id });
  server.post("elsewhere");
  await pass();
  expect(view().replies.at(-1)?.message).toBe("71");
  expect(view().root?.threadCount).toBe(71);
});

it("shows changes of its replies and of what it hangs on", async () => {
  const { server, root, view } = await thread(2);
  server.edit(server.room().messages[1]!, "changed");
  server.remove(root);
  await pass();
  expect(view().replies[0]?.message).toBe("changed");
  expect(view().root?.isDeleted).toBe(true);
});

it("shows what one writes in it at once, and is followed from then on", async () => {
  const { server, root, view } = await thread(0);
  server.chat.send(GENERAL, { message: "mine", parentMessageId: root._id });
  expect(view().pending.map(({ message }) => message)).toEqual(["mine"]);
  await pass(300);
  expect(view()).toMatchObject({ pending: [], isFollowing: true });
  expect(view().replies.map(({ message }) => message)).toEqual(["mine"]);
});

it("is loaded anew after a reset, and left alone once closed", async () => {
  const { server, root, view } = await thread(1);
  server.socket.lose();
  server.post("2", GENERAL, "bob", "r2", { parentMessageId: root._id });
  server.room().forgotten = server.room().channel.eventSeq;
  await pass(1_000);
  expect(view().replies).toHaveLength(2);
  server.chat.threads.close(root._id);
  expect(view().status).toBe("unopened");
});
