import type { Scheduled } from "@parley/client";
import { expect, it } from "vitest";
import { changeOf } from "../src/schedule/change";

const BEFORE = { mentions: ["alice", "bob"], confirmChannelMention: false } as Scheduled;
const AT = new Date("2026-11-24T08:00:00.000Z");
const person = (_id: string) => ({ _id, name: _id, avatarUrl: "" });

it("keeps those whom a message that waits named before, beside those whom it names now", () => {
  expect(changeOf(BEFORE, "@bob and @carol", AT, [person("bob"), person("carol")], false)).toEqual({
    message: "@bob and @carol",
    sendAt: "2026-11-24T08:00:00.000Z",
    mentions: ["bob", "carol", "alice"],
  });
});

it("names no more people than a message may, those in it now first", () => {
  const now = Array.from({ length: 19 }, (_, index) => person(`p${index}`));
  const { mentions } = changeOf(BEFORE, "x", AT, now, true);
  expect(mentions).toHaveLength(20);
  expect(mentions?.slice(-2)).toEqual(["p18", "alice"]);
});
