import type { User } from "@parley/client";
import { expect, it } from "vitest";
import { untilThen } from "../src/lib/usePeople";

const users = ["Alice Moreau", "Erin Castillo"].map((name) => ({ _id: name, name }) as User);

it("offers nobody for a text whom that text does not mean, while its answer is on its way", () => {
  expect(untilThen({ text: "", found: { users } }, "")).toEqual({ users });
  expect(untilThen({ text: "", found: { users } }, "eri")).toEqual({ users: [users[1]] });
  expect(untilThen({ text: "", found: { users } }, "zoe")).toBeNull();
  expect(untilThen({ text: "a", found: { problem: "down" } }, "al")).toBeNull();
  expect(untilThen({ text: "a", found: { problem: "down" } }, "a")).toEqual({ problem: "down" });
});
