import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { FakeChat, GENERAL } from "./fakeChat";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const saves = (server: FakeChat) => server.socket.requests.filter(({ event }) => event === "saveDraft").map(({ payload }) => (payload as { message: string }).message);

class MemoryStorage {
  private readonly items = new Map<string, string>();
  getItem = (key: string) => this.items.get(key) ?? null;
  setItem = (key: string, value: string) => void this.items.set(key, value);
}

async function online(local = new MemoryStorage(), prepare: (server: FakeChat) => void = () => {}): Promise<FakeChat> {
  const server = new FakeChat({ local });
  prepare(server);
  server.connection.open();
  await pass();
  return server;
}

const draft = (message: string) => ({ channelId: GENERAL, message, updatedAt: "2026-11-23T09:30:00.000Z" });

it("are saved a second after the last key, and forgotten at once", async () => {
  const server = await online();
  for (const text of ["h", "he", "hey"]) {
    server.chat.drafts!.set(GENERAL, undefined, text);
    await pass(400);
  }
  expect(saves(server)).toEqual([]);
  await pass(700);
  server.chat.drafts!.set(GENERAL, undefined, "");
  await pass();
  expect(saves(server)).toEqual(["hey", ""]);
});

it("come from other devices, but not over what is being written here", async () => {
  const server = await online(undefined, (s) => s.drafts.set(`${GENERAL}/`, draft("from the phone")));
  expect(server.chat.drafts!.get(GENERAL)).toBe("from the phone");
  server.chat.drafts!.set(GENERAL, undefined, "written here");
  server.socket.push("draftChanged", draft("from the phone again"));
  await pass();
  expect(server.chat.drafts!.get(GENERAL)).toBe("written here");
  await pass(2_000);
  server.socket.push("draftChanged", draft(""));
  await pass();
  expect(server.chat.drafts!.get(GENERAL)).toBe("");
});

it("wait here while there is no connection, also over a closed page", async () => {
  const local = new MemoryStorage();
  const before = await online(local);
  before.socket.gate = () => new Error("down");
  before.socket.lose();
  before.chat.drafts!.set(GENERAL, "6561f00f5c1b2a0007a1b2d0", "in a thread");
  await pass(5_000);
  before.chat.dispose();
  const after = await online(local);
  expect(after.chat.drafts!.get(GENERAL, "6561f00f5c1b2a0007a1b2d0")).toBe("in a thread");
  await pass(100);
  expect(saves(after)).toEqual(["in a thread"]);
});

it("survive a storage full of nonsense", async () => {
  const local = new MemoryStorage();
  local.setItem("parley.drafts.alice", '[1,null,["x"],["a/b",3],["bad key","t"]]');
  const server = await online(local);
  await pass(100);
  expect(server.chat.drafts!.get("a", "b")).toBe("");
  expect(saves(server)).toEqual([]);
});
