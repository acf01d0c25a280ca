import type { ChannelState, Reader, Timeline } from "@parley/client";
import { expect, it } from "vitest";
import { fullTime } from "../src/lib/time";
import { actionLabel, particularsLine } from "../src/moderation/auditWords";
import { knownNames } from "../src/moderation/knownNames";

const nobody = new Map<string, string>();
const until = "2026-11-23T09:45:00.000Z";

/** Every kind of entry with all that the server may write of it, and how it is read. */
const KINDS: [action: string, details: Record<string, unknown>, label: string, line: string][] = [
  ["message_deleted", {}, "Message deleted", ""],
  ["message_pinned", { isPinned: true }, "Message pinned", ""],
  ["message_pinned", { isPinned: false }, "Message unpinned", ""],
  ["channel_updated", { set: { name: "Relaunch" } }, "Channel changed", "name: “Relaunch”"],
  ["channel_updated", { set: { description: "", avatar: "https://x.example/a.png", is_private: true, isReadOnly: true, isArchived: true, slowModeSeconds: 30 } }, "Channel changed", "description removed · picture changed · made private · made read-only · archived · slow mode: 30 s"],
  ["channel_updated", { set: { description: "Of it", avatar: "", is_private: false, isReadOnly: false, isArchived: false, slowModeSeconds: 0 } }, "Channel changed", "description: “Of it” · picture removed · made open to all · everyone writes again · restored · slow mode off"],
  ["members_added", { userIds: ["bob"], role: "member" }, "Members added", "about bob · as a member"],
  ["member_removed", {}, "Member removed", ""],
  ["role_set", { role: "admin" }, "Role changed", "as an admin"],
  ["member_silenced", { until }, "Member silenced", `until ${fullTime(until)}`],
  ["silence_lifted", {}, "Silence lifted", ""],
  ["report_resolved", { reportId: "6561f0335c1b2a0007a1b2d0", action: "delete_message", note: "Not here." }, "Report resolved", "message deleted · note: “Not here.”"],
  ["report_resolved", { reportId: "6561f0335c1b2a0007a1b2d0", action: "silence_member", note: "" }, "Report resolved", "member silenced"],
  ["report_dismissed", { reportId: "6561f0335c1b2a0007a1b2d0", action: "", note: "" }, "Report dismissed", ""],
  ["report_read", { reportId: "6561f0335c1b2a0007a1b2d0" }, "Reported direct message read", ""],
  ["words_set", { lists: 1, words: 14 }, "Word filter changed", "1 list · 14 words"],
  ["dm_opened", { until, people: ["Alice", "Bob"], reason: "Asked by both" }, "Others’ direct messages opened", `between Alice and Bob · reason: “Asked by both” · until ${fullTime(until)}`],
  ["dm_read", { people: ["Alice", "Bob"], before: null, after: null, around: "" }, "Others’ direct messages read", "between Alice and Bob"],
  ["dm_read", { people: ["Alice", "Bob"], before: 12, after: null, around: "" }, "Others’ direct messages read", "between Alice and Bob · older ones"],
  ["dm_read", { people: ["Alice", "Bob"], before: null, after: 12, around: "6561f0335c1b2a0007a1b2d0" }, "Others’ direct messages read", "between Alice and Bob · newer ones · around one message"],
  ["rank_set", { companyRoleBefore: "user", companyRole: "admin", isInternal: null }, "Role in the company changed", "now admin · was user"],
  ["rank_set", { companyRoleBefore: "user", companyRole: "client", isInternal: false }, "Role in the company changed", "now client · was user · no longer of the company"],
  ["directory_changed", { channels: 2, membersAdded: 1, membersRemoved: 0, deactivated: ["bob"], activated: [] }, "Changes from the directory", "2 channels changed · 1 member added · deactivated: bob"],
];

it("puts every kind of entry in words", () => {
  for (const [action, details, label, line] of KINDS) {
    expect(actionLabel({ action, details })).toBe(label);
    expect(particularsLine({ details }, "", nobody)).toBe(line);
  }
});

it("knows every kind of entry, and every detail, that the server writes", () => {
  const written = import.meta.glob<string>(["/../chat/*.go", "/../store/postgres/*.go", "!/../**/*_test.go"], { query: "?raw", import: "default", eager: true });
  const sources = Object.values(written).filter((source) => source.includes("AuditEntry"));
  const all = (pattern: RegExp) => new Set(sources.flatMap((source) => [...source.matchAll(pattern)].map(([, found]) => found!)));
  const actions = all(/ AuditAction += "(\w+)"/g);
  expect(new Set(KINDS.map(([action]) => action))).toEqual(actions);
  expect(actions.size).toBeGreaterThan(10);
  const maps = [...all(/map\[string\]any\{([^{}]+)\}/g)].flatMap((entries) => [...entries.matchAll(/"(\w+)":/g)].map(([, key]) => key!));
  const keys = new Set(KINDS.flatMap(([, details]) => [...Object.keys(details), ...Object.keys(details["set"] ?? {})]));
  expect(keys).toEqual(new Set([...maps, ...all(/\bnote\("(\w+)", c\./g)]));
});

it("reads what only a newer server writes", () => {
  expect(actionLabel({ action: "channel_merged", details: {} })).toBe("Channel merged");
  expect(particularsLine({ details: { movedMessages: 3, byWay: "", from: "Sales" } }, "General", nobody)).toBe("in General · Moved messages: 3 · From: Sales");
});

it("names whom an entry is about as the server does, and else as the page has met them", () => {
  const channel = { _id: "c1", participants: [{ userId: "bob", name: "Bob Tanaka" }] };
  const chat = {
    channels: [{ channel } as unknown as ChannelState],
    receipts: { of: () => [{ userId: "carol", name: "Carol Okafor" } as Reader] },
    timeline: () => ({ messages: [{ senderId: { _id: "dave", name: "Dave Lind" }, mentioned: [], lastRepliers: [] }] }) as unknown as Timeline,
  };
  const names = knownNames(chat, [{ _id: "grace", name: "Grace Novak" }]);
  expect(particularsLine({ userId: "bob", details: {} }, "General", names)).toBe("in General · about Bob Tanaka");
  expect(particularsLine({ userId: "grace", details: {} }, "", names)).toBe("about Grace Novak");
  expect(particularsLine({ userId: "bob", userName: "Bob Tanaka-Lund", details: {} }, "", names)).toBe("about Bob Tanaka-Lund");
  const details = { userIds: ["carol", "dave", "u-77"], role: "member" };
  expect(particularsLine({ details }, "", names)).toBe("about Carol Okafor, Dave Lind and u-77 · as a member");
  expect(particularsLine({ details: { deactivated: ["carol"] } }, "", names)).toBe("deactivated: Carol Okafor");
});
