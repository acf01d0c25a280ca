import type { CallSnapshot, Participant, Quality, User } from "@parley/client";

/** Something that has a tile in a call: a person, or a screen that a person shares. */
export interface Subject {
  key: string;
  participantId: string;
  userId: string;
  name: string;
  avatarUrl: string;
  source: "camera" | "screen";
  self: boolean;
  hasVideo: boolean;
  isMuted: boolean;
  /** Of their connection; unknown for one's own, which stands at the top. */
  quality: Quality;
}

/** Everybody in the call as tiles: oneself last, as others come first. Screens apart. */
export function subjectsOf(call: CallSnapshot, user: User): { people: Subject[]; screens: Subject[] } {
  const self = selfOf(call, user);
  const all = [...call.participants.map((each) => ({ ...each, self: false })), { ...self, self: true }];
  const subject = (each: Participant & { self: boolean }, source: Subject["source"]): Subject => ({
    key: `${each.participantId || "self"} ${source}`,
    participantId: each.participantId,
    userId: each.userId,
    name: each.userName,
    avatarUrl: each.avatarUrl,
    source,
    self: each.self,
    hasVideo: source === "screen" || each.hasVideo,
    isMuted: each.isMuted,
    quality: each.self ? "unknown" : (call.grades[each.participantId] ?? "unknown"),
  });
  return {
    people: all.map((each) => subject(each, "camera")),
    screens: all.filter((each) => each.isSharingScreen).map((each) => subject(each, "screen")),
  };
}

function selfOf(call: CallSnapshot, user: User): Participant {
  const { participantId, hasVideo, isMuted, isSharingScreen } = call;
  const joinedAt = new Date(call.joinedAt).toISOString();
  return { participantId, userId: user._id, userName: user.name, avatarUrl: user.avatarUrl, hasVideo, isMuted, isSharingScreen, joinedAt };
}

/** Who is large in the speaker layout: a shared screen, else the last other who spoke, else the first other. */
export function mainOf(people: readonly Subject[], screens: readonly Subject[], lastSpeaker: string | null): Subject | null {
  const screen = screens.find((each) => !each.self) ?? screens[0];
  if (screen) return screen;
  const others = people.filter((each) => !each.self);
  return others.find((each) => each.participantId === lastSpeaker) ?? others[0] ?? people[0] ?? null;
}
