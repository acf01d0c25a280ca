import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Connection } from "../src/connection";
import { ParleyError } from "../src/errors";
import { FakeSocket, READY, refusal, settle } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

function setUp(token: (refused?: string) => Promise<string> = () => Promise.resolve("t")) {
  const socket = new FakeSocket(READY);
  const connection = new Connection({ token, dial: socket.dial, random: () => 1 });
  const problems: ParleyError[] = [];
  connection.on("problem", (problem) => problems.push(problem));
  return { socket, connection, problems };
}

async function online(token?: (refused?: string) => Promise<string>) {
  const all = setUp(token);
  all.connection.open();
  await settle();
  return all;
}

it("is online once the server has said it is ready, and not before", async () => {
  const { socket, connection } = setUp();
  socket.onReady = () => null;
  connection.open();
  await settle();
  expect(connection.state).toBe("connecting");
  await expect(connection.request("leaveCall", { callId: "c" })).rejects.toMatchObject({ code: "disconnected" });
  socket.push("ready", READY);
  expect(connection.state).toBe("online");
  expect(connection.ready?.user._id).toBe("alice");
});

it("knows who one is when the server says that it is somebody else", async () => {
  const { socket, connection } = await online();
  const told: string[] = [];
  connection.on("user", (user) => told.push(user.role));
  connection.on("online", () => told.push("online"));
  socket.push("userChanged", { user: { ...READY.user, role: "client", isInternal: false } });
  expect(told).toEqual(["client"]);
  expect(connection.ready).toEqual({ ...READY, user: { ...READY.user, role: "client", isInternal: false } });
});

it("gives the ack, or the error that it is", async () => {
  const { socket, connection } = await online();
  socket.respond = () => ({ success: true, callId: "c", channelId: "h", existing: false });
  const started = connection.request("initiateCall", { channelId: "h", callType: "video", participantIds: [] });
  await expect(started).resolves.toMatchObject({ callId: "c" });
  socket.respond = () => ({ error: "Too fast.", code: "rate_limited", details: { limit: 2 }, retryAfterMs: 900 });
  const refused = connection.request("leaveCall", { callId: "c" });
  await expect(refused).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: 900, details: { limit: 2 }, message: "Too fast." });
});

it("tells a late answer from a lost connection", async () => {
  const { socket, connection } = await online();
  const late = connection.request("leaveCall", { callId: "c" }, 2_000);
  const judged = expect(late).rejects.toMatchObject({ code: "timeout" });
  await pass(2_100);
  await judged;
  const lost = connection.request("leaveCall", { callId: "c" });
  const judgedLost = expect(lost).rejects.toMatchObject({ code: "disconnected" });
  await pass();
  socket.lose();
  await judgedLost;
});

it("comes back by itself, each time later, and at once when it worked in between", async () => {
  const { socket, connection } = await online();
  socket.gate = () => new Error("refused");
  socket.lose();
  expect(connection.state).toBe("reconnecting");
  await pass(60_000);
  const tries = socket.auths.length;
  expect(tries).toBeGreaterThan(4);
  expect(tries).toBeLessThan(9);
  socket.gate = () => null;
  await pass(30_000);
  expect(connection.state).toBe("online");
  socket.lose();
  await pass(1_000);
  expect(connection.state).toBe("online");
});

it("asks for a new token when the old one is refused, and uses it", async () => {
  const asked: (string | undefined)[] = [];
  const { socket, connection } = setUp((refused) => {
    asked.push(refused);
    return Promise.resolve(refused ? "new" : "old");
  });
  socket.gate = () => ((socket.auths.at(-1) as { token: string }).token === "old" ? refusal("token_expired") : null);
  connection.open();
  await pass(2_000);
  expect(asked).toEqual([undefined, "token_expired"]);
  expect(connection.state).toBe("online");
});

it("ends when no token is taken", async () => {
  const { socket, connection, problems } = setUp();
  socket.gate = () => refusal("token_invalid");
  connection.open();
  await pass(60_000);
  expect(connection.state).toBe("ended");
  expect(problems.at(-1)?.code).toBe("token_invalid");
  expect(socket.auths).toHaveLength(3);
});

it("ends when there is no token to be had", async () => {
  const { connection, problems } = await online(() => Promise.reject(new ParleyError("token_missing", "No.")));
  expect(connection.state).toBe("ended");
  expect(problems.map(({ code }) => code)).toEqual(["token_missing"]);
});

it("asks for a new token after the server has ended the session", async () => {
  const asked: (string | undefined)[] = [];
  const { socket } = await online((refused) => {
    asked.push(refused);
    return Promise.resolve("t");
  });
  socket.push("sessionEnded", { code: "token_expired", message: "Your session has ended." });
  socket.lose();
  await pass(2_000);
  expect(asked).toEqual([undefined, "token_expired"]);
});

it("stays closed when it was closed, and opens again when asked", async () => {
  const { socket, connection } = await online();
  connection.close();
  await pass(60_000);
  expect(connection.state).toBe("ended");
  expect(socket.connected).toBe(false);
  connection.open();
  await pass(100);
  expect(connection.state).toBe("online");
});

it("goes on when a listener throws", async () => {
  const { socket, connection } = await online();
  const thrown: unknown[] = [];
  const queue = vi.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
    try {
      task();
    } catch (error) {
      thrown.push(error);
    }
  });
  const heard: string[] = [];
  connection.on("push", () => {
    throw new Error("mine");
  });
  connection.on("push", ({ event }) => heard.push(event));
  socket.push("channelRemoved", { channelId: "x" });
  queue.mockRestore();
  expect(heard).toEqual(["channelRemoved"]);
  expect(thrown).toHaveLength(1);
});

it("knows soon after the network is gone that there is no connection, but for one that still carries something", async () => {
  const page = new EventTarget();
  vi.stubGlobal("window", page);
  vi.stubGlobal("document", new EventTarget());
  vi.stubGlobal("navigator", {});
  try {
    const { socket, connection } = await online();
    socket.respond = () => ({ success: true });
    page.dispatchEvent(new Event("offline"));
    await pass(2_000);
    expect(connection.state).toBe("online");
    socket.respond = () => undefined;
    socket.gate = () => new Error("no network");
    page.dispatchEvent(new Event("offline"));
    await pass(2_000);
    expect(connection.state).toBe("reconnecting");
    connection.close();
  } finally {
    vi.unstubAllGlobals();
  }
});
