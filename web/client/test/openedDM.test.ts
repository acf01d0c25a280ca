import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { Connection } from "../src/connection";
import { Moderation } from "../src/moderation/moderation";
import type { OpenedDM } from "../src/moderation/openedDM";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers({ now: Date.parse("2026-11-23T09:30:00.000Z") }));
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const PEOPLE = ["alice", "bob"].map((_id) => ({ _id, name: _id, avatarUrl: "" }));

/** A server with messages 1 to 60, for as long as `refusal` says nothing else. */
async function setUp() {
  const asked: string[] = [];
  const server = { refusal: null as { code: string; error: string } | null, last: 60 };
  const answer = (url: string, body: unknown): object => {
    if (url.endsWith("dm-access")) return { channelId: "d1", people: PEOPLE, until: "2026-11-23T09:45:00.000Z", ...(body as object) };
    const query = new URL(url, "http://parley.test").searchParams;
    const after = query.get("after");
    const before = Number(query.get("before") ?? Infinity);
    const all = Array.from({ length: server.last }, (_, index) => ({ _id: `m${index + 1}`, seq: index + 1 }));
    const messages = after === null ? all.filter(({ seq }) => seq < before).slice(-50) : all.filter(({ seq }) => seq > Number(after));
    return { messages, hasMore: after === null && messages[0]?.seq !== 1, eventSeq: 0 };
  };
  const fetch = (url: RequestInfo | URL, init?: RequestInit) => {
    asked.push(`${init?.method} ${String(url)}`);
    const body = server.refusal ?? { success: true, data: answer(String(url), init?.body ? JSON.parse(String(init.body)) : {}) };
    return Promise.resolve(new Response(JSON.stringify(body), { status: server.refusal ? 403 : 200 }));
  };
  const socket = new FakeSocket(READY);
  const connection = new Connection({ token: () => Promise.resolve("token"), dial: socket.dial, random: () => 0 });
  const moderation = new Moderation(connection, new Api({ fetch: fetch as typeof globalThis.fetch }));
  connection.open();
  await pass();
  const opened = await moderation.openDM({ userIds: ["alice", "bob"] }, "a complaint");
  asked.splice(0);
  return { server, socket, moderation, opened, asked };
}

const seqs = ({ state }: OpenedDM) => [state.messages[0]?.seq, state.messages.at(-1)?.seq];

it("reads nothing by itself, then page by page", async () => {
  const { server, opened, asked } = await setUp();
  expect(asked).toEqual([]);
  await opened.load();
  expect(seqs(opened)).toEqual([11, 60]);
  expect(opened.state.hasMore).toBe(true);
  await opened.older();
  expect(seqs(opened)).toEqual([1, 60]);
  expect(opened.state.hasMore).toBe(false);
  server.last = 61;
  await opened.newer();
  expect(seqs(opened)).toEqual([1, 61]);
  expect(opened.state.hasMore).toBe(false);
  expect(asked.map((line) => line.split("?")[1])).toEqual(["limit=50", "limit=50&before=11", "limit=50&after=60"]);
  expect(asked[0]).toMatch("GET /api/moderation/dm/d1/messages");
});

it("forgets what was read when its time is over, here or as the server says", async () => {
  const { opened, asked } = await setUp();
  await opened.load();
  await pass(15 * 60_000);
  expect(opened.state).toEqual({ status: "over", messages: [], hasMore: false, problem: null });
  await opened.older();
  expect(asked).toHaveLength(1);

  const second = await setUp();
  await second.opened.load();
  second.server.refusal = { code: "dm_not_opened", error: "Ask for access first." };
  await second.opened.newer();
  expect(second.opened.state).toMatchObject({ status: "over", messages: [] });
});

it("keeps what was read when a page cannot be loaded", async () => {
  const { server, opened } = await setUp();
  await opened.load();
  server.refusal = { code: "unavailable", error: "Try again later." };
  await opened.older();
  expect(opened.state).toMatchObject({ status: "failed", problem: { message: "Try again later." } });
  expect(opened.state.messages).toHaveLength(50);
});

it("tells of what any admin opens", async () => {
  const { socket, moderation } = await setUp();
  const told = vi.fn();
  moderation.on("dmOpened", told);
  const opened = { channelId: "d1", actorId: "grace", actorName: "Grace", people: PEOPLE, reason: "a complaint", until: "2026-11-23T09:45:00.000Z" };
  socket.push("dmOpened", opened);
  expect(told).toHaveBeenCalledWith(opened);
  moderation.dispose();
  socket.push("dmOpened", opened);
  expect(told).toHaveBeenCalledTimes(1);
});
