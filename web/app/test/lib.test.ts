import type { Message, Pending } from "@parley/client";
import { describe, expect, it } from "vitest";
import { fitGrid } from "../src/lib/grid";
import { blocksOf, entriesOf } from "../src/lib/groups";
import { linkify } from "../src/lib/links";
import { colourOf, COLOURS, initials } from "../src/lib/names";
import { dayLabel, duration } from "../src/lib/time";

describe("links", () => {
  const hrefs = (text: string) => linkify(text).flatMap(({ href }) => (href ? [href] : []));

  it("are web and mail addresses and nothing else", () => {
    expect(hrefs("see https://a.example/x?y=1#z and mailto:bob@a.example")).toEqual(["https://a.example/x?y=1#z", "mailto:bob@a.example"]);
    expect(hrefs("javascript:alert(1) data:text/html,x ftp://a vbscript:x file:///etc/passwd //a.example")).toEqual([]);
    expect(hrefs("xhttps://a.example https://")).toEqual([]);
  });

  it("end where the sentence goes on", () => {
    expect(hrefs("(see https://a.example/b_(c)). Or https://b.example/d, or https://c.example!")).toEqual([
      "https://a.example/b_(c)",
      "https://b.example/d",
      "https://c.example",
    ]);
    expect(hrefs('<a href="https://a.example/x">')).toEqual(["https://a.example/x"]);
  });

  it("lose nothing of the text", () => {
    for (const text of ["", "plain", "https://a.example", "a https://a.example/ b\n\nhttps://b.example)", "((https://a.example))"]) {
      expect(linkify(text).map((piece) => piece.text).join("")).toBe(text);
    }
  });
});

describe("the grid", () => {
  const wide = { from: 16 / 9, to: 16 / 9 };

  it("uses the box well for any number", () => {
    const box = { width: 1400, height: 760 };
    expect([1, 2, 3, 4, 5, 7, 10].map((n) => fitGrid(n, box, 10, wide).columns)).toEqual([1, 2, 2, 2, 3, 3, 4]);
    for (let n = 1; n <= 50; n++) {
      const { columns, rows, width, height } = fitGrid(n, box, 10, wide);
      expect(columns * rows).toBeGreaterThanOrEqual(n);
      expect(columns * width + (columns - 1) * 10).toBeLessThanOrEqual(box.width);
      expect(rows * height + (rows - 1) * 10).toBeLessThanOrEqual(box.height);
      expect(Math.abs(width / height - 16 / 9)).toBeLessThan(0.05);
    }
  });

  it("fills a phone", () => {
    const { columns, width, height } = fitGrid(2, { width: 374, height: 700 }, 10, { from: 0.7, to: 16 / 9 });
    expect([columns, width, height]).toEqual([1, 374, 345]);
  });

  it("is empty in an empty box", () => {
    expect(fitGrid(3, { width: 0, height: 0 }, 10, wide)).toMatchObject({ width: 0, height: 0 });
  });
});

describe("groups", () => {
  const me = { _id: "alice", name: "Alice", avatarUrl: "" };
  const message = (seq: number, sender: string, at: string) =>
    ({ _id: `m${seq}`, clientId: `c${seq}`, seq, senderId: { _id: sender, name: sender, avatarUrl: "" }, message: `m${seq}`, createdAt: at }) as Message;
  const pending = (clientId: string, at: string): Pending => ({ clientId, channelId: "h", message: clientId, createdAt: at, state: "sending" });
  const kinds = (messages: Message[], waiting: Pending[] = [], newAfter: number | null = null) =>
    blocksOf(entriesOf(messages, waiting, me), newAfter, "alice").map((block) => (block.kind === "group" ? block.entries.length : block.kind));

  it("keep one person's messages of five minutes together", () => {
    const at = (minute: number) => new Date(2026, 10, 23, 9, minute).toISOString();
    expect(kinds([message(1, "bob", at(0)), message(2, "bob", at(3)), message(3, "bob", at(20)), message(4, "carol", at(21))])).toEqual(["day", 2, 1, 1]);
  });

  it("begin anew with each day and where what is new begins", () => {
    const messages = [
      message(1, "bob", new Date(2026, 10, 22, 23, 59).toISOString()),
      message(2, "bob", new Date(2026, 10, 23, 0, 1).toISOString()),
      message(3, "bob", new Date(2026, 10, 23, 0, 2).toISOString()),
    ];
    expect(kinds(messages)).toEqual(["day", 1, "day", 2]);
    expect(kinds(messages, [], 2)).toEqual(["day", 1, "day", 1, "new", 1]);
    expect(kinds(messages.map((each) => ({ ...each, senderId: me })), [], 2)).not.toContain("new");
  });

  it("show a message once while it is both on its way and there", () => {
    const at = new Date(2026, 10, 23, 9, 0).toISOString();
    const entries = entriesOf([message(1, "alice", at)], [pending("c1", at), pending("c2", at)], me);
    expect(entries.map(({ key, state }) => [key, state])).toEqual([["c1", "sent"], ["c2", "sending"]]);
  });
});

describe("names and times", () => {
  it("have initials, whatever they are", () => {
    expect(["Alice Moreau", "Hana Weber (Acme)", "bob", "Ana Maria de Souza", "李 小龍", "  ", "😀 Smile"].map(initials)).toEqual(["AM", "HW", "B", "AS", "李小", "?", "😀S"]);
  });

  it("have a colour that stays", () => {
    const colours = Array.from({ length: 200 }, (_, i) => colourOf(`user-${i}`));
    expect(new Set(colours).size).toBe(COLOURS);
    expect(colourOf("alice")).toBe(colourOf("alice"));
  });

  it("are said as people say them", () => {
    const now = new Date(2026, 10, 23, 12);
    expect(dayLabel(new Date(2026, 10, 23, 1).toISOString(), now)).toBe("Today");
    expect(dayLabel(new Date(2026, 10, 22, 23).toISOString(), now)).toBe("Yesterday");
    expect(dayLabel(new Date(2025, 10, 22).toISOString(), now)).toMatch(/2025/);
    expect([0, 245_000, 3_723_000, -5].map(duration)).toEqual(["0:00", "4:05", "1:02:03", "0:00"]);
  });
});
