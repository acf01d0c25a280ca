import { expect, it } from "vitest";
import { openedLine, reasonProblem } from "../src/moderation/dmWords";
import { clockTime } from "../src/lib/time";

it("wants a reason of some length, counted in characters", () => {
  expect(reasonProblem("   just so   ")).toMatch("At least 10");
  expect(reasonProblem("😀".repeat(9))).toMatch("At least 10");
  expect(reasonProblem("a complaint")).toBe("");
  expect(reasonProblem("x".repeat(1_001))).toMatch("At most");
});

it("tells the other admins who reads whose messages, until when, and why", () => {
  const until = "2026-11-23T09:45:00.000Z";
  const people = ["Alice", "Bob"].map((name) => ({ _id: name, name, avatarUrl: "" }));
  expect(openedLine({ channelId: "d1", actorId: "grace", actorName: "Grace", people, reason: "a complaint", until })).toBe(
    `Grace reads the direct messages of Alice and Bob until ${clockTime(until)}: “a complaint”`,
  );
});
