import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

async function opened(setUp: (server: FakeChat) => void = () => {}): Promise<FakeChat> {
  const server = new FakeChat();
  setUp(server);
  server.connection.open();
  await pass();
  await server.chat.open(GENERAL);
  await pass();
  return server;
}

describe("reading", () => {
  it("shows history, then what comes", async () => {
    const server = await opened((s) => s.post("old"));
    server.post("new");
    expect(server.texts()).toEqual(["old", "new"]);
  });

  it("misses nothing that comes while the first page is on its way", async () => {
    const server = new FakeChat();
    server.post("old");
    server.connection.open();
    await pass();
    server.beforeAnswer = () => {
      server.beforeAnswer = () => {};
      server.post("meanwhile");
    };
    await server.chat.open(GENERAL);
    expect(server.texts()).toEqual(["old", "meanwhile"]);
  });

  it("pages back without holes or doubles", async () => {
    const server = await opened((s) => {
      for (let i = 1; i <= 120; i++) s.post(String(i));
    });
    expect(server.texts()).toHaveLength(50);
    await server.chat.loadOlder(GENERAL);
    server.post("121");
    await server.chat.loadOlder(GENERAL);
    expect(server.texts()).toEqual(Array.from({ length: 121 }, (_, i) => String(i + 1)));
    expect(server.chat.timeline(GENERAL).hasMore).toBe(false);
  });

  it("fetches what a gap hides, in the right order", async () => {
    const server = await opened();
    const deliver = server.deliver;
    server.deliver = () => {};
    server.post("lost");
    server.deliver = deliver;
    server.post("after");
    expect(server.texts()).toEqual([]);
    await pass(300);
    expect(server.texts()).toEqual(["lost", "after"]);
  });

  it("does not ask when events only overtook each other", async () => {
    const server = await opened();
    const late: (() => void)[] = [];
    const deliver = server.deliver;
    server.deliver = (event) => void late.push(() => deliver(event));
    server.post("one");
    server.post("two");
    late.reverse().forEach((arrive) => arrive());
    await pass(300);
    expect(server.texts()).toEqual(["one", "two"]);
    expect(server.socket.requests.filter(({ event }) => event === "sync")).toHaveLength(0);
  });

  it.each(["aKindFromTomorrow", "constructor"])("goes on after a change that it does not know, named %s", async (event) => {
    const server = await opened();
    server.socket.push(event, { channelId: GENERAL, eventSeq: ++server.room().channel.eventSeq });
    server.post("after");
    expect(server.texts()).toEqual(["after"]);
    await pass(300);
    expect(server.socket.requests.filter((request) => request.event === "sync")).toHaveLength(0);
  });

  it("shows after a reconnect what came meanwhile", async () => {
    const server = await opened();
    server.socket.lose();
    server.post("while away");
    await pass(1_000);
    expect(server.texts()).toEqual(["while away"]);
  });

  it("fetches anew what the server has forgotten", async () => {
    const server = await opened((s) => s.post("one"));
    server.socket.lose();
    for (let i = 2; i <= 80; i++) server.post(String(i));
    server.room().forgotten = 60;
    await pass(1_000);
    expect(server.texts()).toEqual(Array.from({ length: 50 }, (_, i) => String(i + 31)));
  });

  it("forgets everything when the database is another one", async () => {
    const server = await opened((s) => s.post("of the old database"));
    server.socket.lose();
    server.epoch = "epoch-2";
    server.addRoom(GENERAL);
    server.post("of the new one");
    await pass(1_000);
    expect(server.texts()).toEqual(["of the new one"]);
  });

  it("drops a channel that is gone and finds one that is new", async () => {
    const server = await opened();
    server.socket.lose();
    server.rooms.delete(GENERAL);
    server.addRoom("6561f00f5c1b2a0007a1b2c9");
    await pass(1_000);
    expect(server.chat.channels.map(({ channel }) => channel._id)).toEqual(["6561f00f5c1b2a0007a1b2c9"]);
  });

  it("counts what came while a channel was not looked at", async () => {
    const server = await opened();
    server.post("one");
    server.post("two");
    await pass();
    expect(server.chat.channels[0]?.unread).toBe(2);
    server.chat.markAsRead(GENERAL);
    await pass();
    expect(server.chat.channels[0]?.unread).toBe(0);
  });

  it("tries again when the channels cannot be loaded", async () => {
    const server = new FakeChat();
    server.restDown = true;
    server.connection.open();
    await pass(100);
    expect(server.chat.status).toBe("failed");
    server.restDown = false;
    await pass(2_000);
    expect(server.chat.status).toBe("ready");
  });

  it("makes a new connection when the present one turns out dead after sleep", async () => {
    const server = await opened();
    server.socket.respond = () => undefined;
    (server.connection as unknown as { emit: (event: string, value: unknown) => void }).emit("wake", undefined);
    await pass(5_100);
    expect(server.socket.auths).toHaveLength(2);
  });
});

describe("calls of channels", () => {
  const call = { callId: "c1", channelId: GENERAL, callType: "video", participantCount: 2, startedAt: "2026-11-23T09:31:00.000Z" };

  it("come and go", async () => {
    const server = await opened();
    server.socket.push("callUpdated", call);
    await pass();
    expect(server.chat.channels[0]?.channel.activeCall?.participantCount).toBe(2);
    server.socket.push("callEnded", { callId: "c1", channelId: GENERAL, callStatus: "completed", totalDuration: 3 });
    await pass();
    expect(server.chat.channels[0]?.channel.activeCall).toBeUndefined();
  });

  it("are not undone by a list from before", async () => {
    const server = await opened();
    server.socket.lose();
    server.beforeAnswer = () => void server.socket.push("callUpdated", call);
    await pass(1_000);
    expect(server.chat.channels[0]?.channel.activeCall?.callId).toBe("c1");
  });
});
