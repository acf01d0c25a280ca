import type { Message, Pending } from "@parley/client";
import { describe, expect, it } from "vitest";
import { type Row, type RowOptions, Rows } from "../src/lib/rows";

const me = { _id: "alice", name: "Alice", avatarUrl: "" };
const options: RowOptions = { me, newAfter: null, begins: false, thread: false };
const at = (minute: number) => new Date(2026, 10, 23, 9, minute).toISOString();

const message = (seq: number, sender: string, createdAt: string, more: Partial<Message> = {}) =>
  ({ _id: `m${seq}`, clientId: `c${seq}`, seq, senderId: { _id: sender, name: sender, avatarUrl: "" }, message: `m${seq}`, createdAt, ...more }) as Message;
const pending = (clientId: string, createdAt: string): Pending => ({ clientId, channelId: "h", message: clientId, createdAt, state: "sending" });
const kinds = (rows: readonly Row[]) => rows.map((row) => (row.kind === "message" ? `${row.first ? "*" : ""}${row.key}` : row.kind));

describe("rows", () => {
  it("name a person once for their messages of five minutes", () => {
    const rows = new Rows().build([message(1, "bob", at(0)), message(2, "bob", at(3)), message(3, "bob", at(20)), message(4, "carol", at(21))], [], options);
    expect(kinds(rows)).toEqual(["day", "*c1", "c2", "*c3", "*c4"]);
  });

  it("part the replies of a thread from what it hangs on", () => {
    const thread = { ...options, thread: true };
    const root = message(1, "bob", at(0), { threadCount: 2 });
    const replies = [2, 3].map((seq) => message(seq, "bob", at(seq), { parentMessageId: "m1" }));
    const rows = new Rows().build([root, ...replies], [], thread);
    expect(kinds(rows)).toEqual(["day", "*c1", "replies", "*c2", "c3"]);
    expect(rows).toContainEqual({ kind: "replies", key: "replies", count: 2 });
    expect(kinds(new Rows().build(replies, [], thread))).toEqual(["day", "*c2", "c3"]);
    expect(kinds(new Rows().build([root, ...replies], [], { ...thread, newAfter: 2 }))).toEqual(["day", "*c1", "replies", "*c2", "new", "*c3"]);
  });

  it("begin anew with each day and where what is new begins", () => {
    const messages = [
      message(1, "bob", new Date(2026, 10, 22, 23, 59).toISOString()),
      message(2, "bob", new Date(2026, 10, 23, 0, 1).toISOString()),
      message(3, "bob", new Date(2026, 10, 23, 0, 2).toISOString()),
    ];
    expect(kinds(new Rows().build(messages, [], { ...options, begins: true }))).toEqual(["beginning", "day", "*c1", "day", "*c2", "c3"]);
    expect(kinds(new Rows().build(messages, [], { ...options, newAfter: 2 }))).toEqual(["day", "*c1", "day", "*c2", "new", "*c3"]);
    const own = messages.map((each) => ({ ...each, senderId: me }));
    expect(kinds(new Rows().build(own, [], { ...options, newAfter: 2 }))).not.toContain("new");
  });

  it("leave replies to their thread, and tell what Parley itself says apart", () => {
    const messages = [message(1, "bob", at(0)), message(2, "bob", at(1), { parentMessageId: "m1" }), message(3, "grace", at(2), { messageType: "system" }), message(4, "grace", at(2))];
    expect(kinds(new Rows().build(messages, [], options))).toEqual(["day", "*c1", "note", "*c4"]);
    expect(kinds(new Rows().build(messages, [], { ...options, thread: true }))).toEqual(["day", "*c1", "replies", "*c2", "note", "*c4"]);
  });

  it("show a message once while it is both on its way and there", () => {
    const rows = new Rows().build([message(1, "alice", at(0))], [pending("c1", at(0)), pending("c2", at(0))], options);
    expect(kinds(rows)).toEqual(["day", "*c1", "c2"]);
  });

  it("are the same when they are made step by step as when they are made at once", () => {
    const maker = new Rows();
    let messages: Message[] = [];
    let state = 1;
    const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
    for (let step = 0; step < 300; step++) {
      const luck = random();
      const last = messages[messages.length - 1]?.seq ?? 500;
      const first = messages[0]?.seq ?? 500;
      if (luck < 0.6) messages = [...messages, message(last + 1, random() < 0.5 ? "bob" : "carol", at(step))];
      else if (luck < 0.7) messages = [message(first - 1, "bob", at(0)), ...messages];
      else if (messages.length > 0) {
        const index = Math.floor(random() * messages.length);
        messages = messages.with(index, { ...messages[index]!, message: `changed ${step}` });
      }
      const waiting = random() < 0.3 ? [pending("waiting", at(step))] : [];
      const wanted = { ...options, newAfter: random() < 0.1 ? last - 3 : null };
      expect(maker.build(messages, waiting, wanted)).toEqual(new Rows().build(messages, waiting, wanted));
    }
  });

  it("of 50,000 messages are ready soon, and one more costs little", () => {
    const messages = Array.from({ length: 50_000 }, (_, i) => message(i + 1, i % 3 ? "bob" : "carol", new Date(1.7e12 + i * 60_000).toISOString()));
    const maker = new Rows();
    maker.build(messages, [], options);
    const took = Array.from({ length: 10 }, (_, i) => {
      const begun = performance.now();
      maker.build([...messages, message(50_001 + i, "bob", at(0))], [], options);
      return performance.now() - begun;
    });
    expect(Math.min(...took)).toBeLessThan(20); // the best of them: a busy machine lengthens the others
  });
});
