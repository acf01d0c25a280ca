import { IDBFactory, IDBTransaction } from "fake-indexeddb";
import { expect, it, vi } from "vitest";
import type { Pending } from "../src/chat/outbox";
import { IndexedOutboxStore } from "../src/chat/outboxStore";

const item = (clientId: string, state: Pending["state"] = "sending"): Pending => ({ clientId, channelId: "c", message: clientId, createdAt: "2026", state });

it("keeps what is unsent over the closing of the page, for each user apart", async () => {
  const factory = new IDBFactory();
  const before = new IndexedOutboxStore("outbox.alice", factory);
  ["1", "2", "3"].forEach((id) => before.put(item(id)));
  before.put(item("2", "failed"));
  before.remove("1");
  await vi.waitFor(async () => expect((await before.load()).map(({ clientId, state }) => [clientId, state])).toEqual([["2", "failed"], ["3", "sending"]]));
  expect(await new IndexedOutboxStore("outbox.alice", factory).load()).toHaveLength(2);
  expect(await new IndexedOutboxStore("outbox.bob", factory).load()).toEqual([]);
});

it("commits at once, so that a page which is closed then has kept it", async () => {
  const committed = vi.spyOn(IDBTransaction.prototype, "commit");
  const store = new IndexedOutboxStore("outbox.alice", new IDBFactory());
  store.put(item("1"));
  await vi.waitFor(async () => expect(await store.load()).toHaveLength(1));
  expect(committed).toHaveBeenCalledTimes(1);
  committed.mockRestore();
});

it("tells other pages of changes", async () => {
  const factory = new IDBFactory();
  const [here, there] = [new IndexedOutboxStore("outbox.carol", factory), new IndexedOutboxStore("outbox.carol", factory)];
  const heard: unknown[] = [];
  const stop = there.onChange((change) => heard.push(change));
  here.put(item("1"));
  here.remove("1");
  await vi.waitFor(() => expect(heard).toEqual([{ put: item("1") }, { removed: "1" }]));
  stop();
  here.onChange(() => {})();
});

it("does without a database, and ignores what is none of its own", async () => {
  const without = new IndexedOutboxStore("outbox.dave", undefined);
  without.put(item("1"));
  expect(await without.load()).toEqual([]);
  const factory = new IDBFactory();
  const store = new IndexedOutboxStore("outbox.erin", factory);
  store.put({ clientId: "nonsense" } as Pending);
  store.put(item("1"));
  await vi.waitFor(async () => expect((await store.load()).map(({ clientId }) => clientId)).toEqual(["1"]));
});
