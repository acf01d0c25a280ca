import type { Channel, User } from "@parley/client";

/** The other member of a direct channel; null for other channels, and for one's notes to oneself. */
export function otherMember(channel: Channel, me: string): { userId: string; name: string; avatarUrl: string } | null {
  if (channel.channelType !== "dm") return null;
  return channel.participants.find((member) => member.userId !== me) ?? null;
}

/** What a channel is called to this user. */
export function channelName(channel: Channel, me: string): string {
  if (channel.channelType !== "dm") return channel.name || "Untitled";
  return otherMember(channel, me)?.name ?? channel.participants[0]?.name ?? "Direct message";
}

/** One or two letters that stand for a name. */
export function initials(name: string): string {
  const words = name.replace(/\(.*?\)/g, " ").split(/[\s._-]+/u).filter(Boolean);
  const first = [...(words[0] ?? "?")][0] ?? "?";
  const last = words.length > 1 ? ([...(words[words.length - 1] ?? "")][0] ?? "") : "";
  return (first + last).toUpperCase();
}

export const COLOURS = 10;

/** A colour's number for an id: the same everywhere and always. */
export function colourOf(id: string): number {
  let hash = 2166136261; // FNV-1a
  for (const char of id) hash = Math.imul(hash ^ char.codePointAt(0)!, 16777619);
  return (hash >>> 0) % COLOURS;
}

export function roleLabel(user: Pick<User, "role" | "department">): string {
  const role = user.role === "user" ? "" : user.role[0]!.toUpperCase() + user.role.slice(1);
  return [user.department, role].filter(Boolean).join(" · ");
}

/** Names as people list them: “A, B and C”. */
export function listed(names: readonly string[], most = 8): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} others`] : [...names];
  const last = shown.pop() ?? "";
  return shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
}
