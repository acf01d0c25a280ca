import type { Channel, ChannelMember, ChannelState, User } from "@parley/client";

/** What one may do in a channel, for not offering what would be refused. The server decides. */
export interface Powers {
  /** Name, settings, roles, silencing. */
  moderates: boolean;
  /** Make owners, and change them. */
  ownsRoles: boolean;
  /** Add people. */
  invites: boolean;
  leaves: boolean;
  archives: boolean;
  pins: boolean;
}

export function powersIn(channel: Channel, role: ChannelState["role"], user: Pick<User, "role" | "isInternal"> | undefined): Powers {
  const { channelType, is_private, isArchived } = channel;
  const direct = channelType === "dm";
  const general = channelType === "general";
  const admin = user?.role === "admin";
  const moderates = !direct && (role !== "member" || admin);
  return {
    moderates,
    ownsRoles: moderates && (role === "owner" || admin),
    invites: !direct && !general && !isArchived && (moderates || !is_private),
    leaves: !direct && !general,
    archives: direct || (!general && moderates),
    pins: direct || moderates,
  };
}

/** Whether one may change this member's role or take them out. */
export function mayRule(powers: Powers, member: ChannelMember, me: string): boolean {
  return powers.moderates && member.userId !== me && (member.role !== "owner" || powers.ownsRoles);
}
