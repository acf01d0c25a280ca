import { expect, it } from "vitest";
import { ownTarget, pathOf, targetOf } from "../src/lib/address";
import { EMOJI, findEmoji } from "../src/lib/emoji";
import { continued, format } from "../src/lib/format";

const select = (marked: string) => {
  const from = marked.indexOf("[");
  const to = marked.indexOf("]") - 1;
  return { text: marked.replace("[", "").replace("]", ""), from, to };
};

it("puts a format around what is selected, and takes it off again", () => {
  const bold = format(select("say [this] now"), "bold");
  expect(bold).toEqual({ text: "say **this** now", from: 6, to: 10 });
  expect(format(bold, "bold")).toEqual(select("say [this] now"));
  expect(format(select("[]"), "code")).toEqual({ text: "``", from: 1, to: 1 });
});

it("marks whole lines, and unmarks them", () => {
  const list = format(select("a\n[b\nc]"), "list");
  expect(list.text).toBe("a\n- b\n- c");
  expect(format(list, "list").text).toBe("a\nb\nc");
  expect(format(select("[a\nb]"), "ordered").text).toBe("1. a\n2. b");
  expect(format(select("[a]"), "quote").text).toBe("> a");
});

it("makes links of words and of addresses", () => {
  expect(format(select("see [this]"), "link").text).toBe("see [this](https://)");
  expect(format(select("[https://a.example]"), "link")).toEqual({ text: "[](https://a.example)", from: 1, to: 1 });
});

it("goes on with a list, and ends it", () => {
  expect(continued("- a", 3)?.text).toBe("- a\n- ");
  expect(continued("2. a", 4)?.text).toBe("2. a\n3. ");
  expect(continued("- a\n- ", 6)?.text).toBe("- a\n");
  expect(continued("words", 5)).toBeNull();
});

it("finds emoji by name", () => {
  expect(EMOJI.length).toBeGreaterThan(60);
  expect(EMOJI.every(({ char, name }) => char && name)).toBe(true);
  expect(findEmoji("rocket")[0]?.char).toBe("🚀");
});

it("reads and writes addresses", () => {
  const [channel, message] = ["6561f00f5c1b2a0007a1b2c3", "6561f0335c1b2a0007a1b2d0"];
  expect(targetOf(pathOf(channel, message))).toEqual({ channelId: channel, messageId: message });
  expect(targetOf(`#/c/${channel}/m/${message}`)).toEqual({ channelId: channel, messageId: message });
  expect(targetOf(pathOf(channel))).toEqual({ channelId: channel, messageId: null });
  expect(targetOf("#/channels/../../etc")).toEqual({ channelId: null, messageId: null });
  globalThis.window = { location: new URL("https://parley.test/") } as never;
  expect(ownTarget(`https://parley.test/#/channels/${channel}`)?.channelId).toBe(channel);
  expect(ownTarget(`https://evil.test/#/channels/${channel}`)).toBeNull();
});
