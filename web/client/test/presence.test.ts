import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { Connection } from "../src/connection";
import { PeoplePresence } from "../src/presence/presence";
import type { OwnStatus, Presence } from "../src/wire";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const SINCE = "2026-11-23T09:20:00.000Z";
const of = (userId: string, status: Presence["status"] = "online"): Presence => ({ userId, status, since: SINCE, customStatus: "" });

class Input extends EventTarget {
  /** A person's own input, which a script cannot make. */
  happens(name: string, isTrusted = true): void {
    const event = new Event(name);
    Object.defineProperty(event, "isTrusted", { value: isTrusted });
    this.dispatchEvent(event);
  }
}

function setUp() {
  let own: OwnStatus = { status: "online", customStatus: "", hideLastSeen: false, hideTyping: false };
  const socket = new FakeSocket(READY, (event, payload) => {
    if (event === "watchPresence") return { success: true, users: (payload as { userIds: string[] }).userIds.map((id) => of(id)) };
    if (event === "updateStatus") return { success: true, ...(own = { ...own, ...(payload as Partial<OwnStatus>) }) };
    return { success: true };
  });
  const connection = new Connection({ token: () => Promise.resolve("token"), dial: socket.dial, random: () => 0 });
  const fetch = () => Promise.resolve(new Response(JSON.stringify({ success: true, data: own })));
  const input = new Input();
  const presence = new PeoplePresence(connection, new Api({ fetch }), input);
  const asked = (event: string) => socket.requests.filter((request) => request.event === event).map(({ payload }) => payload);
  return { socket, connection, presence, input, asked, setOwn: (status: OwnStatus) => (own = status) };
}

describe("watching", () => {
  it("asks together for who appears together, and again after a reconnect", async () => {
    const { socket, connection, presence, asked } = setUp();
    connection.open();
    await pass(200);
    presence.watch(["bob"]);
    presence.watch(["carol", "bob"]);
    await pass(200);
    expect(asked("watchPresence").slice(1)).toEqual([{ userIds: ["alice", "bob", "carol"] }]);
    expect(presence.of("bob")?.status).toBe("online");

    socket.lose();
    await pass(2_000);
    expect(asked("watchPresence")).toHaveLength(3);
    expect(asked("watchPresence")[2]).toEqual({ userIds: ["alice", "bob", "carol"] });
  });

  it("stops for who is shown nowhere any more, and says nothing when that changes nothing", async () => {
    const { connection, presence, asked } = setUp();
    connection.open();
    const [first, second] = [presence.watch(["bob"]), presence.watch(["bob"])];
    await pass(200);
    const before = asked("watchPresence").length;
    first();
    first();
    await pass(200);
    expect(asked("watchPresence")).toHaveLength(before);
    second();
    await pass(200);
    expect(asked("watchPresence").at(-1)).toEqual({ userIds: ["alice"] });
    expect(presence.of("bob")).toBeUndefined();
  });

  it("knows nothing of before when one is told that one is somebody else", async () => {
    const { socket, connection, presence, asked } = setUp();
    connection.open();
    presence.watch(["bob"]);
    await pass(200);
    const changed: string[] = [];
    presence.on("changed", (userId) => changed.push(`${userId} ${presence.of(userId)?.status ?? "unknown"}`));
    socket.respond = () => ({ success: true, users: [] });
    socket.push("userChanged", { user: { ...READY.user, role: "client", isInternal: false } });
    await pass(200);
    expect(changed).toEqual(["alice unknown", "bob unknown"]);
    socket.respond = () => ({ success: true, users: [of("bob")] });
    socket.push("userChanged", { user: READY.user });
    await pass(200);
    expect(changed.at(-1)).toBe("bob online");
    expect(asked("watchPresence")).toHaveLength(3);
  });

  it("keeps to 200, the last that came", async () => {
    const { connection, presence, asked } = setUp();
    connection.open();
    for (let i = 0; i < 250; i++) presence.watch([`user-${i}`]);
    await pass(200);
    const { userIds } = asked("watchPresence").at(-1) as { userIds: string[] };
    expect(userIds).toHaveLength(200);
    expect(userIds).toContain("user-249");
    expect(userIds).not.toContain("user-0");
  });

  it("tells of changes", async () => {
    const { socket, connection, presence } = setUp();
    connection.open();
    await pass(200);
    const changed = vi.fn();
    presence.on("changed", changed);
    socket.push("userStatusChanged", of("bob", "dnd"));
    expect(changed).toHaveBeenCalledWith("bob");
    expect(presence.of("bob")?.status).toBe("dnd");
  });
});

describe("one's own status", () => {
  it("is known after connecting, changed by a request, and follows other devices", async () => {
    const { socket, connection, presence, setOwn, asked } = setUp();
    connection.open();
    await pass(200);
    expect(presence.own?.status).toBe("online");
    await Promise.all([presence.update({ status: "dnd", customStatus: "Busy" }), pass(1)]);
    expect(asked("updateStatus")).toEqual([{ status: "dnd", customStatus: "Busy" }]);
    expect(presence.own).toMatchObject({ status: "dnd", customStatus: "Busy" });
    setOwn({ status: "away", customStatus: "", hideLastSeen: true, hideTyping: false });
    socket.push("userStatusChanged", of("alice", "away"));
    await pass(1);
    expect(presence.own).toMatchObject({ status: "away", hideLastSeen: true });
  });
});

describe("activity", () => {
  it("is told at most once a minute, only of real input, and only online", async () => {
    const { socket, connection, input, asked } = setUp();
    input.happens("keydown");
    connection.open();
    await pass(200);
    expect(asked("heartbeat")).toEqual([]);
    input.happens("keydown", false);
    expect(asked("heartbeat")).toEqual([]);
    input.happens("keydown");
    input.happens("pointermove");
    await pass(59_000);
    input.happens("keydown");
    expect(asked("heartbeat")).toEqual([{ active: true }]);
    await pass(1_500);
    input.happens("wheel");
    expect(asked("heartbeat")).toHaveLength(2);
    socket.lose();
    await pass(61_000);
    expect(asked("heartbeat")).toHaveLength(2);
  });
});
