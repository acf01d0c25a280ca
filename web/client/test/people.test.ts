import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { People } from "../src/people/people";
import type { ChannelEvent } from "../src/wire";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const BOB = { _id: "bob", name: "Robert", avatarUrl: "/bob.png" };

function renamed(value: unknown): unknown {
  const people = new People();
  people.take([BOB]);
  return people.current(value);
}

describe("how people look now", () => {
  it.each([
    ["a sender", { _id: "bob", name: "Bob", avatarUrl: "" }, BOB],
    ["a member", [{ userId: "bob", name: "Bob", avatarUrl: "", role: "owner" }], [{ userId: "bob", name: "Robert", avatarUrl: "/bob.png", role: "owner" }]],
    ["who is in a call", { participants: [{ userId: "bob", userName: "Bob", avatarUrl: "" }] }, { participants: [{ userId: "bob", userName: "Robert", avatarUrl: "/bob.png" }] }],
    ["who wrote last", { lastMessage: { senderId: "bob", senderName: "Bob" } }, { lastMessage: { senderId: "bob", senderName: "Robert" } }],
    ["two in one entry", { actorId: "ann", actorName: "Ann", userId: "bob", userName: "Bob" }, { actorId: "ann", actorName: "Ann", userId: "bob", userName: "Robert" }],
  ])("is said of %s", (_, before, after) => expect(renamed(before)).toEqual(after));

  it.each([[{ _id: "ann", name: "Bob", avatarUrl: "" }], [{ userId: "bob", readSeq: 3 }], [[BOB]], ["bob"], [null], [undefined], [{ _id: "constructor", name: "x" }]])(
    "leaves %j as it is",
    (value) => expect(renamed(value)).toBe(value),
  );

  it("is as answered again once that is newer than what was told", () => {
    const people = new People();
    people.take([BOB]);
    people.forget();
    const value = { ...BOB, name: "Bob" };
    expect(people.current(value)).toBe(value);
  });
});

async function chatting(): Promise<FakeChat> {
  const server = new FakeChat();
  server.connection.open();
  await pass();
  await server.chat.open(GENERAL);
  return server;
}

const names = (server: FakeChat) => server.chat.timeline(GENERAL).messages.map(({ senderId }) => senderId.name);

describe("a new name", () => {
  it("is shown of what is there, of what comes late, and of oneself", async () => {
    const server = await chatting();
    const users: string[] = [];
    server.connection.on("user", ({ name }) => users.push(name));
    server.post("one");
    let late: ChannelEvent | undefined;
    server.deliver = (event) => void (event.event === "newMessage" ? (late = event) : server.socket.push(event.event, event.data));
    server.post("two");
    server.rename("bob", "Robert");
    server.rename("alice", "Alice Miller");
    server.socket.push(late!.event, late!.data);
    await pass();
    expect(names(server)).toEqual(["Robert", "Robert"]);
    expect(server.connection.ready?.user.name).toBe("Alice Miller");
    expect(users).toEqual(["Alice Miller"]);
  });

  it("is shown of what waited for a change before it", async () => {
    const server = await chatting();
    const [first, second] = [[] as ChannelEvent[], [] as ChannelEvent[]];
    const deliver = server.deliver;
    server.deliver = (event) => void (event.event !== "peopleChanged" && first.push(event));
    server.post("one");
    server.deliver = (event) => void (event.event !== "peopleChanged" && second.push(event));
    server.post("two");
    second.forEach(deliver);
    server.deliver = deliver;
    server.rename("bob", "Robert");
    first.forEach(deliver);
    await pass();
    expect(names(server)).toEqual(["Robert", "Robert"]);
  });

  it("that was missed is shown after the next connection", async () => {
    const server = await chatting();
    server.post("one");
    server.deliver = () => {};
    server.rename("bob", "Robert");
    await pass();
    expect(names(server)).toEqual(["Bob Tanaka"]);
    server.socket.lose();
    await pass(2_000);
    expect(names(server)).toEqual(["Robert"]);
  });

  it.each(["missed", "told to fetch it"])("that is one of very many is fetched, when one %s", async (how) => {
    const server = await chatting();
    server.post("one");
    server.rename("bob", "Bobby");
    await pass();
    server.deliver = () => {};
    for (const name of ["B", "Bo", "Robert"]) server.rename("bob", name);
    if (how === "missed") server.socket.lose();
    else server.socket.push("peopleChanged", { people: [], isReset: true });
    await pass(10_000);
    expect(names(server)).toEqual(["Robert"]);
    const loads = vi.fn();
    server.chat.on("status", loads);
    server.socket.lose();
    await pass(10_000);
    expect(loads).not.toHaveBeenCalled(); // not again
  });
});
