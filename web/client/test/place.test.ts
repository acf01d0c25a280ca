import { expect, it } from "vitest";
import { Place } from "../src/chat/place";
import { FakeChat, MESSAGE } from "./fakeChat";

it("puts a direct message away when one archives it, until the next message", () => {
  const { channel } = new FakeChat().room();
  const standing = { role: "member", readSeq: 0, unread: 0, mentions: 0, notifyLevel: "all" } as const;
  const direct = new Place({ ...channel, channelType: "dm" }, "alice", () => {});
  direct.stands({ ...standing, isArchived: true });
  expect(direct.channel.isArchived).toBe(true);
  direct.stands(standing);
  expect(direct.channel.isArchived).toBe(false);
  direct.stands({ ...standing, isArchived: true });
  const message = { ...MESSAGE, channelId: channel._id, seq: 1 };
  direct.log.offer({ event: "newMessage", eventSeq: 1, data: { channelId: channel._id, eventSeq: 1, message } });
  expect(direct.channel).toMatchObject({ isArchived: false, seq: 1 });
  const closed = new Place({ ...channel, isArchived: true }, "alice", () => {});
  closed.stands(standing);
  expect(closed.channel.isArchived).toBe(true);
});

it("keeps what an event has told when an answer comes that was read before it", () => {
  const { channel } = new FakeChat().room();
  const place = new Place({ ...channel, name: "Old", participantCount: 3 }, "alice", () => {});
  const before = { ...channel, name: "Old", participantCount: 3 };
  const of = { channelId: channel._id };
  const settings = { description: "", avatar: "", is_private: false, isArchived: true, isReadOnly: false, slowModeSeconds: 0 };
  place.log.offer({ event: "channelUpdated", eventSeq: 1, data: { ...of, eventSeq: 1, name: "New", ...settings } });
  place.log.offer({ event: "memberRemoved", eventSeq: 2, data: { ...of, eventSeq: 2, userId: "bob", participantCount: 2 } });
  place.log.offer({ event: "channelTurned", eventSeq: 3, data: { ...of, eventSeq: 3, isInternal: false } });
  place.refresh(before);
  expect(place.channel).toMatchObject({ name: "New", isArchived: true, isInternal: false, participantCount: 2, eventSeq: 3 });
  place.refresh({ ...before, name: "Newest", eventSeq: 4 });
  expect(place.channel).toMatchObject({ name: "Newest", isArchived: false, isInternal: true, participantCount: 3, eventSeq: 4 });
});
