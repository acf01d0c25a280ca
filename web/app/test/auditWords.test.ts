import type { ChannelState, Reader, Timeline } from "@parley/client";
import { expect, it } from "vitest";
import { fullTime } from "../src/lib/time";
import { actionLabel, particularsLine } from "../src/moderation/auditWords";
import { knownNames } from "../src/moderation/knownNames";

const nobody = new Map<string, string>();

it("puts the audit log in words", () => {
  expect(actionLabel("member_silenced")).toBe("Member silenced");
  expect(actionLabel("dm_opened")).toBe("Others’ direct messages opened");
  const until = "2026-11-23T09:45:00.000Z";
  expect(particularsLine({ details: { people: ["Alice", "Bob"], until } }, "", nobody)).toBe(`People: Alice, Bob · Until: ${fullTime(until)}`);
  const details = { set: { isArchived: true, name: "Relaunch" }, activated: [], note: "", count: 3 };
  expect(particularsLine({ details }, "General", nobody)).toBe("in General · Is archived: yes · Name: Relaunch · Count: 3");
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
  expect(particularsLine({ details }, "", names)).toBe("about Carol Okafor, Dave Lind and u-77 · Role: member");
});
