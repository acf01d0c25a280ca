import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { NO_SUGGESTIONS, Suggester } from "../src/search/suggester";
import type { Suggestions } from "../src/wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);
const channel = (name: string): Suggestions => ({ channels: [{ _id: name, name, channelType: "general" }], people: [] });

function setUp(suggest = (text: string) => Promise.resolve(channel(text))) {
  const asked = vi.fn(suggest);
  const suggester = new Suggester(asked);
  const told = vi.fn();
  suggester.on("changed", told);
  return { suggester, asked, told };
}

it("asks once the typing rests", async () => {
  const { suggester, asked } = setUp();
  for (const text of ["g", "ge", " gen "]) {
    suggester.type(text);
    await pass(50);
  }
  expect(asked).not.toHaveBeenCalled();
  await pass(120);
  expect(asked.mock.calls).toEqual([["gen"]]);
  expect(suggester.found).toEqual(channel("gen"));
});

it("ignores the answer to a text that is not the latest any more", async () => {
  const answers = new Map<string, (found: Suggestions) => void>();
  const { suggester, told } = setUp((text) => new Promise((resolve) => answers.set(text, resolve)));
  suggester.type("a");
  await pass(120);
  suggester.type("ab");
  await pass(120);
  answers.get("ab")!(channel("ab"));
  await pass();
  answers.get("a")!(channel("a"));
  await pass();
  expect(told.mock.calls).toEqual([[channel("ab")]]);
});

it("has nothing for no text, for a failure, and once stopped", async () => {
  const { suggester, told, asked } = setUp((text) => (text === "x" ? Promise.reject(new Error("down")) : Promise.resolve(channel(text))));
  suggester.type("gen");
  await pass(120);
  suggester.type("x");
  await pass(120);
  expect(suggester.found).toBe(NO_SUGGESTIONS);
  suggester.type("gen");
  suggester.type("  ");
  await pass(120);
  suggester.type("gen");
  suggester.stop();
  await pass(120);
  expect(asked).toHaveBeenCalledTimes(2);
  expect(told).toHaveBeenCalledTimes(2);
});
