import { expect, it } from "vitest";
import { threadLine } from "../src/threads/words";

const people = ["Bob", "Carol", "Dave", "Erin"].map((name) => ({ _id: name, name, avatarUrl: "" }));

it.each([
  [0, 0, "no replies yet"],
  [1, 1, "1 reply, last from Bob"],
  [9, 4, "9 replies, last from Bob, Carol and 2 others"],
])("says how many replies there are: %i", (threadCount, repliers, line) => {
  expect(threadLine({ threadCount, lastRepliers: people.slice(0, repliers) })).toBe(line);
});
