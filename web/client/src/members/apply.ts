import type { ChannelMember, MemberEvents } from "../wire";

type Change = Omit<MemberEvents, "channelUpdated" | "channelTurned">;

export type RosterChange = { [E in keyof Change]: { event: E; data: Change[E] } }[keyof Change];

const EVENTS = new Set<string>(["membersAdded", "memberRemoved", "memberUpdated"] satisfies (keyof Change)[]);

export function isRosterChange(change: { event: string; data: unknown }): change is RosterChange {
  return EVENTS.has(change.event);
}

const RANK = { owner: 0, admin: 1, member: 2 } as const;

/** Those who run the channel first, then by name, as the server lists them. */
export function inOrder(a: ChannelMember, b: ChannelMember): number {
  return RANK[a.role] - RANK[b.role] || a.name.toLowerCase().localeCompare(b.name.toLowerCase()) || a.userId.localeCompare(b.userId);
}

/**
 * A list of members after a change. Applying one twice changes nothing. Of a list that is not `complete`, whoever belongs
 * after its end is left to the next page.
 */
export function applyToRoster(members: readonly ChannelMember[], change: RosterChange, complete: boolean): readonly ChannelMember[] {
  switch (change.event) {
    case "membersAdded": {
      const ids = new Set(change.data.members.map(({ userId }) => userId));
      const last = members[members.length - 1];
      const seen = change.data.members.filter((member) => complete || (last && inOrder(member, last) < 0));
      return [...members.filter(({ userId }) => !ids.has(userId)), ...seen].sort(inOrder);
    }
    case "memberRemoved": {
      const { userId, ownerId } = change.data;
      const rest = members.filter((member) => member.userId !== userId);
      return ownerId ? changed(rest, ownerId, (member) => ({ ...member, role: "owner" })) : rest;
    }
    case "memberUpdated": {
      const { userId, role, silencedUntil } = change.data;
      return changed(members, userId, ({ silencedUntil: _, ...member }) => ({ ...member, role, ...(silencedUntil ? { silencedUntil } : {}) }));
    }
  }
}

/** The next page behind those that are there. */
export function mergePage(members: readonly ChannelMember[], page: readonly ChannelMember[]): readonly ChannelMember[] {
  const known = new Set(page.map(({ userId }) => userId));
  return [...members.filter(({ userId }) => !known.has(userId)), ...page].sort(inOrder);
}

function changed(members: readonly ChannelMember[], id: string, change: (member: ChannelMember) => ChannelMember): readonly ChannelMember[] {
  return members.map((member) => (member.userId === id ? change(member) : member)).sort(inOrder);
}
