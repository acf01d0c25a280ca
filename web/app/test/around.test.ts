import { piecesOf } from "@parley/client";
import type { Channel, ChannelMember, ChannelState } from "@parley/client";
import { describe, expect, it } from "vitest";
import { mayRule, powersIn } from "../src/lib/can";
import { customText, expiryTime, lastSeen, presenceLine } from "../src/presence/words";
import { fromField, presets, toField } from "../src/schedule/times";
import { filterCount, queryOf } from "../src/search/query";
import { sectionsOf } from "../src/sidebar/sections";
import { EMPTY_SEARCH } from "../src/store/searchSlice";
import { typingLine } from "../src/typing/TypingLine";

const NOW = new Date(2026, 10, 25, 14, 30); // a Wednesday

describe("presence in words", () => {
  const presence = { userId: "bob", status: "away" as const, since: NOW.toISOString(), customStatus: "Lunch" };

  it("drops a text that is over", () => {
    expect(presenceLine(presence, NOW)).toBe("Away · Lunch");
    const expiresAt = new Date(NOW.getTime() - 1).toISOString();
    expect(customText({ ...presence, expiresAt }, NOW.getTime())).toBe("");
    expect(presenceLine({ ...presence, expiresAt }, NOW)).toBe("Away");
  });

  it("says when somebody was last seen", () => {
    const ago = (minutes: number) => lastSeen(new Date(NOW.getTime() - minutes * 60_000).toISOString(), NOW);
    expect(ago(0)).toBe("Last seen just now");
    expect(ago(1)).toBe("Last seen 1 minute ago");
    expect(ago(24 * 60)).toMatch(/^Last seen yesterday at /);
    expect(ago(24 * 60 * 3)).toMatch(/^Last seen on /);
  });

  it("ends a status with the day or the week, of this place", () => {
    expect(expiryTime("never", NOW)).toBeUndefined();
    expect(expiryTime("30m", NOW)).toEqual(new Date(2026, 10, 25, 15, 0));
    expect(expiryTime("today", NOW)).toEqual(new Date(2026, 10, 26));
    expect(expiryTime("week", NOW)).toEqual(new Date(2026, 10, 30));
    expect(expiryTime("week", new Date(2026, 10, 30, 9))).toEqual(new Date(2026, 11, 7)); // on a Monday, the next one
  });
});

it("names who is typing", () => {
  expect(typingLine([])).toBe("");
  expect(typingLine(["Bob"])).toBe("Bob is typing…");
  expect(typingLine(["Bob", "Carol"])).toBe("Bob and Carol are typing…");
  expect(typingLine(["Bob", "Carol", "Dave"])).toBe("Several people are typing…");
});

describe("searching", () => {
  it("asks nothing for an empty form, or for days alone", () => {
    expect(queryOf(EMPTY_SEARCH)).toBeNull();
    expect(queryOf({ ...EMPTY_SEARCH, text: "  ", from: "2026-11-01" })).toBeNull();
  });

  it("takes days as they are here, the last one to its end", () => {
    const query = queryOf({ ...EMPTY_SEARCH, text: " offer ", from: "2026-11-01", until: "2026-11-02", hasFile: true });
    expect(query).toEqual({ q: "offer", hasFile: true, after: new Date(2026, 10, 1).toISOString(), before: new Date(2026, 10, 3).toISOString() });
    expect(queryOf({ ...EMPTY_SEARCH, text: "x", from: "0002-01-01" })).toEqual({ q: "x" });
    expect(filterCount({ ...EMPTY_SEARCH, text: "x", from: "2026-11-01", isPinned: true })).toBe(2);
  });

  it("shows highlights as text, whatever they hold", () => {
    expect(piecesOf("a &lt;b&gt; <mark>off&amp;er</mark> &amp;lt; &#39;x&#39;")).toEqual([
      { text: "a <b> ", found: false },
      { text: "off&er", found: true },
      { text: " &lt; 'x'", found: false },
    ]);
  });
});

describe("times to send at", () => {
  it("go through a field and back, and have not passed", () => {
    expect(toField(NOW)).toBe("2026-11-25T14:30");
    expect(fromField("2026-11-25T14:31", NOW)).toEqual(new Date(2026, 10, 25, 14, 31));
    expect(fromField("2026-11-25T14:30", NOW)).toBeNull();
    expect(fromField("", NOW)).toBeNull();
  });

  it("are offered in order, all to come", () => {
    for (const now of [NOW, new Date(2026, 10, 29, 23, 30), new Date(2026, 10, 30, 3)]) {
      const at = presets(now).map((preset) => preset.at.getTime());
      expect(Math.min(...at)).toBeGreaterThan(now.getTime());
      expect(new Set(at).size).toBe(at.length);
    }
  });
});

const channel = (of: Partial<Channel>) => ({ _id: "c", name: "", channelType: "project", is_private: false, isArchived: false, createdAt: NOW.toISOString(), participants: [], ...of }) as unknown as Channel;
const user = { role: "user" as const, isInternal: true };

describe("what one may do in a channel", () => {
  it("depends on one's role in it and in the company", () => {
    expect(powersIn(channel({}), "member", user)).toEqual({ moderates: false, ownsRoles: false, invites: true, leaves: true, archives: false, pins: false });
    expect(powersIn(channel({ is_private: true }), "member", user).invites).toBe(false);
    expect(powersIn(channel({}), "admin", user)).toMatchObject({ moderates: true, ownsRoles: false, archives: true });
    expect(powersIn(channel({}), "member", { ...user, role: "admin" })).toMatchObject({ moderates: true, ownsRoles: true });
    expect(powersIn(channel({ channelType: "dm" }), "member", { ...user, role: "admin" })).toMatchObject({ moderates: false, leaves: false, archives: true, pins: true });
    expect(powersIn(channel({ channelType: "general" }), "owner", user)).toMatchObject({ moderates: true, leaves: false, archives: false, invites: false });
  });

  it("keeps owners from those who are none, and oneself from oneself", () => {
    const owner = { userId: "bob", role: "owner" } as ChannelMember;
    expect(mayRule(powersIn(channel({}), "admin", user), owner, "alice")).toBe(false);
    expect(mayRule(powersIn(channel({}), "owner", user), owner, "alice")).toBe(true);
    expect(mayRule(powersIn(channel({}), "owner", user), owner, "bob")).toBe(false);
  });
});

it("sorts channels into sections", () => {
  const state = (of: Partial<Channel>) => ({ channel: channel(of) }) as ChannelState;
  const groups = sectionsOf(
    [
      state({ name: "Support", channelType: "department" }),
      state({ name: "Zeta", channelType: "project" }),
      state({ name: "Alpha", channelType: "project" }),
      state({ name: "Old", channelType: "project", isArchived: true }),
      state({ name: "General", channelType: "general" }),
    ],
    "me",
  );
  expect(groups.map(({ title, states }) => [title, states.map((each) => each.channel.name)])).toEqual([
    ["Channels", ["General"]],
    ["Projects", ["Alpha", "Zeta"]],
    ["Departments", ["Support"]],
    ["Direct messages", []],
  ]);
});
