import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { Connection } from "../src/connection";
import { Moderation } from "../src/moderation/moderation";
import { Schedule } from "../src/schedule/schedule";
import type { Scheduled, Sender } from "../src/wire";
import { GENERAL } from "./fakeChat";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const BOB: Sender = { _id: "bob", name: "Bob Tanaka", avatarUrl: "" };

function setUp(rest: () => object, respond: (event: string, payload: unknown) => unknown = () => ({ success: true })) {
  const socket = new FakeSocket(READY, respond);
  const connection = new Connection({ token: () => Promise.resolve("token"), dial: socket.dial, random: () => 0 });
  const fetch = () => Promise.resolve(new Response(JSON.stringify({ success: true, data: rest() })));
  return { socket, connection, api: new Api({ fetch }) };
}

it("knows whom one blocks, also when that is done on another device", async () => {
  let blocks: Sender[] = [];
  const { socket, connection, api } = setUp(() => ({ blocks }));
  const moderation = new Moderation(connection, api);
  connection.open();
  await pass();
  expect(moderation.blocks.has("bob")).toBe(false);
  blocks = [BOB];
  await Promise.all([moderation.blocks.set("bob", true), pass(1)]);
  expect(socket.requests).toContainEqual({ event: "blockUser", payload: { userId: "bob", on: true } });
  expect(moderation.blocks.list).toEqual([BOB]);
  blocks = [];
  socket.push("userBlocked", { userId: "bob", on: false });
  await pass();
  expect(moderation.blocks.has("bob")).toBe(false);
});

it("takes the list of those one blocks that was asked for last, whichever comes last", async () => {
  const { socket, connection, api } = setUp(() => ({ blocks: [] }));
  const moderation = new Moderation(connection, api);
  connection.open();
  await pass();
  const answers: ((people: Sender[]) => void)[] = [];
  vi.spyOn(api, "blocks").mockImplementation(() => new Promise((answer) => answers.push(answer)));
  socket.push("userBlocked", { userId: "bob", on: true });
  socket.push("userBlocked", { userId: "bob", on: false });
  answers[1]?.([]);
  answers[0]?.([BOB]);
  await pass();
  expect(moderation.blocks.list).toEqual([]);
});

it("asks for silence for a time, and lifts it without one; tells of reports", async () => {
  const { socket, connection, api } = setUp(() => ({ blocks: [] }));
  const moderation = new Moderation(connection, api);
  const told = vi.fn();
  moderation.on("report", told);
  connection.open();
  await pass();
  await Promise.all([moderation.silence(GENERAL, "bob", 600), moderation.silence(GENERAL, "bob", 0), pass(1)]);
  expect(socket.requests.map(({ payload }) => payload)).toEqual([
    { channelId: GENERAL, userId: "bob", seconds: 600 },
    { channelId: GENERAL, userId: "bob" },
  ]);
  socket.push("reportUpdated", { reportId: "r1", channelId: GENERAL, status: "open" });
  expect(told).toHaveBeenCalledWith({ reportId: "r1", channelId: GENERAL, status: "open" });
});

const LATER: Scheduled = {
  _id: "s1",
  channelId: GENERAL,
  message: "Good morning",
  messageType: "text",
  clientId: "c1",
  parentMessageId: "",
  mentions: [],
  confirmChannelMention: false,
  quoteMessageId: "",
  sendAt: "2026-11-24T08:00:00.000Z",
  status: "waiting",
  createdAt: "2026-11-23T09:50:00.000Z",
  updatedAt: "2026-11-23T09:50:00.000Z",
};

it("lists what is sent later by its time, and then what could not be, as it changes on any device", async () => {
  let kept: Scheduled[] = [LATER];
  const { socket, connection, api } = setUp(
    () => ({ scheduled: kept }),
    (event) => ({ success: true, ...(event === "scheduleMessage" ? { scheduled: { ...LATER, _id: "s2", sendAt: "2026-11-23T12:00:00.000Z" } } : {}) }),
  );
  const schedule = new Schedule(connection, api);
  const ids = () => schedule.state.messages.map(({ _id }) => _id);
  connection.open();
  await pass();
  expect(schedule.state).toMatchObject({ status: "ready" });
  await Promise.all([schedule.add({ channelId: GENERAL, message: "Lunch", sendAt: "2026-11-23T12:00:00.000Z" }), pass(1)]);
  expect(ids()).toEqual(["s2", "s1"]);
  for (const [_id, sendAt] of Object.entries({ f1: "2026-11-22T08:00:00.000Z", f2: "2026-11-22T12:00:00.000Z" }))
    socket.push("scheduledChanged", { scheduled: { ...LATER, _id, sendAt, status: "failed", code: "silenced", error: "You are silenced." } });
  expect(ids()).toEqual(["s2", "s1", "f2", "f1"]);
  socket.push("scheduledChanged", { scheduled: { ...LATER, _id: "s2", status: "sent", messageId: "m1" } });
  expect(ids()).toEqual(["s1", "f2", "f1"]);
  socket.push("scheduledChanged", { scheduled: { ...LATER, status: "failed", code: "channel_archived", error: "This channel is archived." } });
  expect(schedule.state.messages[0]?.error).toBe("This channel is archived.");
  kept = [];
  await Promise.all([schedule.cancel("s1"), schedule.cancel("f1"), schedule.cancel("f2"), pass(1)]);
  expect(ids()).toEqual([]);
});
