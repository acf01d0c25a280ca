import type { Chat, Sender } from "@parley/client";
import { namesOf } from "../message/context";

type Known = Pick<Chat, "channels" | "timeline"> & { receipts: Pick<Chat["receipts"], "of"> };

/** Names by id, of those whom the page has met: in the channels one is in, and in what is loaded of them. */
export function knownNames(chat: Known, more: Iterable<Pick<Sender, "_id" | "name">>): Map<string, string> {
  const channels = chat.channels.map(({ channel }) => channel);
  const members = channels.flatMap(({ _id, participants }) => [...participants, ...chat.receipts.of(_id)]);
  const messages = channels.flatMap(({ _id }) => chat.timeline(_id).messages);
  return namesOf(
    more,
    members.map(({ userId, name }) => ({ _id: userId, name })),
    messages.flatMap((message) => [message.senderId, ...message.mentioned, ...message.lastRepliers]),
  );
}
