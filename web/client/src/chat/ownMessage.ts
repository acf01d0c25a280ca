import type { Message, Sent, User } from "../wire";
import type { Pending } from "./outbox";

const EVERYONE = /@(channel|here|everyone)\b/i;

/** A message that the server has taken, as the others see it; null when only the server can tell how that is. */
export function messageOf(item: Pending, sent: Sent, user: User): Message | null {
  if (item.parentMessageId || item.quote || item.mentioned?.length || EVERYONE.test(item.message)) return null;
  return {
    _id: sent.messageId,
    channelId: sent.channelId,
    seq: sent.seq,
    clientId: sent.clientId,
    senderId: { _id: user._id, name: user.name, avatarUrl: user.avatarUrl },
    senderModel: user.role === "client" ? "Client" : "User",
    message: item.message,
    messageType: "text",
    attachments: [],
    threadCount: 0,
    lastRepliers: [],
    reactions: [],
    mentions: [],
    mentioned: [],
    mentionsChannel: false,
    revision: 0,
    isPinned: false,
    isEdited: false,
    isDeleted: false,
    createdAt: sent.createdAt,
    updatedAt: sent.createdAt,
  };
}
