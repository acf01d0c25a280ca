import { ParleyError } from "@parley/client";
import { expect, it } from "vitest";
import { type Page, Pages } from "../src/lib/pages";

/** Pages whose answers come when the test says. */
function asked() {
  const asks: { last: string | undefined; answer: (page: Page<string>) => void; fail: (problem: unknown) => void }[] = [];
  const pages = new Pages<string>((last) => new Promise((answer, fail) => asks.push({ last, answer, fail })));
  return { asks, pages };
}

it("puts a page after the one before, and begins again", async () => {
  const { asks, pages } = asked();
  expect(pages.state).toEqual({ items: [], hasMore: false, status: "loading", problem: "" });
  const first = pages.load();
  asks[0]?.answer({ items: ["c", "b"], hasMore: true });
  await first;
  const second = pages.more();
  expect(asks[1]?.last).toBe("b");
  expect(pages.state).toMatchObject({ items: ["c", "b"], status: "loading" });
  asks[1]?.answer({ items: ["a"], hasMore: false });
  await second;
  expect(pages.state).toEqual({ items: ["c", "b", "a"], hasMore: false, status: "ready", problem: "" });
  const again = pages.load();
  expect(asks[2]?.last).toBeUndefined();
  expect(pages.state.items).toEqual(["c", "b", "a"]);
  asks[2]?.answer({ items: ["d", "c"], hasMore: true });
  await again;
  expect(pages.state.items).toEqual(["d", "c"]);
});

it("drops an answer when something was asked for after it", async () => {
  const { asks, pages } = asked();
  const early = pages.load();
  const late = pages.load();
  asks[1]?.answer({ items: ["new"], hasMore: false });
  await late;
  asks[0]?.answer({ items: ["old"], hasMore: true });
  await early;
  expect(pages.state).toMatchObject({ items: ["new"], hasMore: false });
  const failing = pages.more();
  const fine = pages.load();
  asks[3]?.answer({ items: ["newer"], hasMore: false });
  asks[2]?.fail(new Error("late"));
  await Promise.all([failing, fine]);
  expect(pages.state).toMatchObject({ items: ["newer"], status: "ready" });
});

it("keeps what it has when a page does not come", async () => {
  const { asks, pages } = asked();
  const first = pages.load();
  asks[0]?.answer({ items: ["a"], hasMore: true });
  await first;
  const second = pages.more();
  asks[1]?.fail(new ParleyError("disconnected", "Not connected."));
  await second;
  expect(pages.state).toEqual({ items: ["a"], hasMore: true, status: "failed", problem: "Not connected." });
});
