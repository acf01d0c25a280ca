import { expect, it } from "vitest";
import { moved, suggestedOf } from "../src/search/suggested";
import { plainPieces } from "../src/search/plainPieces";
import { filterCount, queryOf } from "../src/search/query";
import { EMPTY_SEARCH } from "../src/store/searchSlice";

it("makes a filter of a suggestion, in place of what was typed for it", () => {
  const user = { _id: "bob", name: "Bob Tanaka", email: "", avatarUrl: "", role: "user" as const, department: "", isInternal: true };
  const [bob, general] = suggestedOf({ people: [user], channels: [{ _id: "c1", name: "General", channelType: "general" }] });
  const form = { ...EMPTY_SEARCH, text: "bo", ...bob!.form };
  expect(form).toMatchObject({ text: "", senderId: "bob", senderName: "Bob Tanaka" });
  expect(queryOf(form)).toEqual({ senderId: "bob" });
  expect(filterCount(form)).toBe(1);
  expect(queryOf({ ...form, ...general!.form })).toEqual({ senderId: "bob", channelId: "c1" });
});

it("walks from the field through the list and past it, and back to the field", () => {
  expect([-1, 0, 1].map((at) => moved(at, "ArrowDown", 2))).toEqual([0, 1, "past"]);
  expect([1, 0, -1].map((at) => moved(at, "ArrowUp", 2))).toEqual([0, -1, null]);
  expect(moved(0, "x", 2)).toBeNull();
});

it("shows what was found without signs of formatting, and where it was found", () => {
  const shown = (highlight: string) => plainPieces(highlight).map(({ text, found }) => (found ? `<${text}>` : text)).join("");
  expect(shown("**<mark>Bo</mark>ld**, a [<mark>bo</mark>ok](https://a.example)\n\n> and `a &lt; b`")).toBe("<Bo>ld, a <bo>ok and a < b");
  expect(shown("the [docs](https://<mark>example</mark>.com/x)")).toBe("the [docs](https://<example>.com/x)");
  expect(shown("max_<mark>file</mark>_size and _<mark>file</mark>_")).toBe("max_<file>_size and <file>");
  expect(shown("\uE000odd\uE001 <mark>file</mark>")).toBe("odd <file>");
});
