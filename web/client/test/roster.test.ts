import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { Connection } from "../src/connection";
import { inOrder } from "../src/members/apply";
import { Roster } from "../src/members/roster";
import type { ChannelMember } from "../src/wire";
import { GENERAL } from "./fakeChat";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

function member(name: string, role: ChannelMember["role"] = "member"): ChannelMember {
  return { userId: name.toLowerCase(), name, avatarUrl: "", role, joinedAt: "2026-11-20T08:00:00.000Z" };
}

async function setUp(people: ChannelMember[]) {
  const server = { members: [...people], before: () => {} };
  const socket = new FakeSocket(READY, () => ({ success: true }));
  const connection = new Connection({ token: () => Promise.resolve("token"), dial: socket.dial, random: () => 0 });
  const answer = (url: URL) => {
    const [search, offset, limit] = ["search", "offset", "limit"].map((name) => url.searchParams.get(name) ?? "");
    const found = server.members.filter(({ name }) => name.toLowerCase().includes(search!.toLowerCase())).sort(inOrder);
    const participants = found.slice(Number(offset), Number(offset) + Number(limit));
    return { success: true, data: { participants, hasMore: found.length > Number(offset) + participants.length } };
  };
  const fetch = (url: string | URL | Request) => {
    const body = JSON.stringify(answer(new URL(String(url), "http://parley.test")));
    server.before();
    return Promise.resolve(new Response(body));
  };
  connection.open();
  await pass();
  const roster = new Roster(connection, new Api({ fetch }), GENERAL);
  const tell = (event: string, data: object) => socket.push(event, { channelId: GENERAL, eventSeq: 1, participantCount: 1, ...data });
  const names = () => roster.state.members.map(({ name }) => name);
  await pass();
  return { server, socket, roster, tell, names };
}

describe("a channel's members", () => {
  it("come with those who run it first, and follow what happens", async () => {
    const { tell, names, roster } = await setUp([member("Bob"), member("Alice"), member("Zoe", "owner")]);
    expect(names()).toEqual(["Zoe", "Alice", "Bob"]);
    tell("membersAdded", { members: [member("Anna")] });
    tell("membersAdded", { members: [member("Anna")] });
    expect(names()).toEqual(["Zoe", "Alice", "Anna", "Bob"]);
    tell("memberUpdated", { userId: "bob", role: "admin", silencedUntil: "2026-11-23T10:00:00.000Z" });
    expect(names()).toEqual(["Zoe", "Bob", "Alice", "Anna"]);
    expect(roster.state.members[1]?.silencedUntil).toBe("2026-11-23T10:00:00.000Z");
    tell("memberRemoved", { userId: "zoe", ownerId: "bob" });
    expect(roster.state.members.map(({ name, role }) => [name, role])).toEqual([["Bob", "owner"], ["Alice", "member"], ["Anna", "member"]]);
    tell("memberRemoved", { channelId: "another", userId: "bob" });
    expect(names()).toContain("Bob");
  });

  it("are paged without holes or doubles while people come and go", async () => {
    const all = Array.from({ length: 250 }, (_, i) => member(`User ${String(i).padStart(3, "0")}`));
    const { server, roster, tell, names } = await setUp(all);
    expect(names()).toHaveLength(100);
    server.members = server.members.filter(({ name }) => name !== "User 010");
    tell("memberRemoved", { userId: "user 010" });
    server.members.push(member("User 200b"));
    tell("membersAdded", { members: [member("User 200b")] });
    await roster.loadMore();
    await roster.loadMore();
    expect(roster.state.hasMore).toBe(false);
    expect(names()).toEqual(server.members.sort(inOrder).map(({ name }) => name));
  });

  it("keep what happened while a page was on its way", async () => {
    const { server, roster, tell, names } = await setUp([member("Alice"), member("Bob")]);
    server.before = () => tell("memberRemoved", { userId: "bob" });
    await roster.load();
    expect(names()).toEqual(["Alice"]);
  });

  it("are searched by the server, also for who comes later", async () => {
    const { server, roster, tell, names } = await setUp([member("Alice"), member("Bob")]);
    roster.search("bo");
    await pass();
    expect(names()).toEqual(["Bob"]);
    const carol = member("Carol");
    server.members.push(carol, member("Bodo"));
    tell("membersAdded", { members: [carol, member("Bodo")] });
    await pass();
    expect(names()).toEqual(["Bob", "Bodo"]);
  });

  it("look as they do now", async () => {
    const { socket, names } = await setUp([member("Alice"), member("Bob")]);
    socket.push("peopleChanged", { people: [{ _id: "bob", name: "Robert", avatarUrl: "" }], isReset: false });
    expect(names()).toEqual(["Alice", "Robert"]);
  });

  it("are loaded again when more come than are named", async () => {
    const { server, tell, names } = await setUp([member("Alice")]);
    server.members.push(member("Bob"), member("Carol"));
    tell("membersAdded", { members: [member("Bob")], hasMore: true });
    await pass();
    expect(names()).toEqual(["Alice", "Bob", "Carol"]);
  });

  it("are loaded again after a reconnect", async () => {
    const { server, socket, names } = await setUp([member("Alice")]);
    server.members.push(member("Bob"));
    socket.lose();
    await pass(2_000);
    expect(names()).toEqual(["Alice", "Bob"]);
  });
});
