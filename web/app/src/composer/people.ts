import type { Channel, Parley, Sender } from "@parley/client";
import { namedIn } from "../lib/mentions";

const MOST = 500;
const seen = new Map<string, Map<string, Sender>>();

/** Notes people of a channel whom a text may name. */
export function rememberPeople(channelId: string, people: Iterable<Sender>): void {
  let known = seen.get(channelId);
  if (!known) seen.set(channelId, (known = new Map()));
  for (const person of people) {
    if (known.size < MOST || known.has(person._id)) known.set(person._id, person);
  }
}

/** Those whom a text names with an @: among people that were offered, and those who wrote lately. */
export function namedNow({ chat }: Parley, channel: Channel, text: string): Sender[] {
  if (!text.includes("@")) return [];
  const ofMember = ({ userId, name, avatarUrl }: { userId: string; name: string; avatarUrl: string }) => ({ _id: userId, name, avatarUrl });
  const lately = chat.timeline(channel._id).messages.slice(-200).map((message) => message.senderId);
  const members = [...channel.participants, ...chat.receipts.of(channel._id)].map(ofMember);
  return namedIn(text, [...(seen.get(channel._id)?.values() ?? []), ...members, ...lately]);
}
