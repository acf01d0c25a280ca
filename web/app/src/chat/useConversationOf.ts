import type { Channel, Message, User } from "@parley/client";
import { usePeopleVersion, useReaders } from "@parley/react";
import { useMemo } from "react";
import { type Conversation, namesOf } from "../message/context";
import { useAppSelector } from "../store";

/** What messages of a channel need to know of it. */
export function useConversationOf(channel: Channel, me: User, messages: readonly Message[], inThread: boolean): Conversation {
  const role = useAppSelector((state) => state.channels.channels.find((each) => each.channel._id === channel._id)?.role ?? "member");
  const readers = useReaders(channel._id);
  const looks = usePeopleVersion();
  const direct = channel.channelType === "dm";
  const moderates = !direct && (role !== "member" || me.role === "admin");
  const speaks = direct || (!channel.isArchived && (!channel.isReadOnly || moderates));
  // Names change seldom, and messages often: those of the last senders are enough.
  const recent = messages.length > 0 ? messages[messages.length - 1] : undefined;
  return useMemo(() => {
    const members = [...channel.participants, ...readers].map(({ userId, name }) => ({ _id: userId, name }));
    const senders = messages.slice(-300).flatMap((message) => [message.senderId, ...message.mentioned, ...message.lastRepliers]);
    const names = namesOf(members, senders);
    const nameOf = (userId: string) => names.get(userId) ?? "Somebody";
    return { channel, me, moderates, speaks, inThread, nameOf, readers };
  }, [channel, me, moderates, speaks, inThread, readers, looks, recent]);
}

/** Why nothing can be written in a channel; null when it can. */
export function closedBecause({ channel, speaks }: Conversation): string | null {
  if (speaks) return null;
  return channel.isArchived ? "This channel is archived." : "Only the channel’s owner and admins write here.";
}
