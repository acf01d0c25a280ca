import type { ChannelEvent, Message, Reaction, Thread } from "../wire";

/**
 * Messages after a change of their channel. Applying a change twice, or to messages that already show it or a later one,
 * leads to the same in the end. The same array when nothing changes; a new message is the log's business.
 */
export function applyToMessages(messages: readonly Message[], event: ChannelEvent): readonly Message[] {
  switch (event.event) {
    case "newMessage":
      return withThread(messages, event.data.thread);
    case "messageEdited": {
      const { message, mentions, mentioned, mentionsChannel, linkPreview, isEdited, editedAt, revision } = event.data;
      return update(messages, event.data.messageId, ({ linkPreview: _, ...rest }) => ({
        ...rest,
        message,
        mentions,
        mentioned,
        mentionsChannel,
        isEdited,
        revision,
        ...(linkPreview ? { linkPreview } : {}),
        ...(editedAt ? { editedAt, updatedAt: editedAt } : {}),
      }));
    }
    case "messageDeleted":
      return withThread(update(messages, event.data.messageId, (message) => tombstone(message, event.data)), event.data.thread);
    case "reactionAdded":
    case "reactionRemoved":
      return update(messages, event.data.messageId, (message) => {
        const others = message.reactions.filter((each) => !same(each, event.data));
        const { emoji, userId, createdAt } = event.data;
        if (message.isDeleted) return message;
        return { ...message, reactions: event.event === "reactionAdded" ? [...others, { emoji, userId, createdAt }] : others };
      });
    case "messagePinned":
      return update(messages, event.data.messageId, ({ pinnedAt: _, pinnedBy: __, ...rest }) => {
        const { isPinned, pinnedAt, pinnedBy } = event.data;
        return { ...rest, isPinned, ...(pinnedAt ? { pinnedAt } : {}), ...(pinnedBy ? { pinnedBy } : {}) };
      });
    default:
      return messages;
  }
}

function tombstone(message: Message, by: { deletedBy: string; deletedAt: string }): Message {
  const { linkPreview: _, quote: __, pinnedAt: ___, pinnedBy: ____, ...rest } = message;
  return {
    ...rest,
    message: "",
    attachments: [],
    reactions: [],
    mentions: [],
    mentioned: [],
    mentionsChannel: false,
    isPinned: false,
    isDeleted: true,
    deletedBy: by.deletedBy,
    deletedAt: by.deletedAt,
    updatedAt: by.deletedAt,
  };
}

function same(a: Reaction, b: { emoji: string; userId: string }): boolean {
  return a.emoji === b.emoji && a.userId === b.userId;
}

function withThread(messages: readonly Message[], thread: Thread | undefined): readonly Message[] {
  if (!thread) return messages;
  const { messageId, threadCount, lastReplyAt, lastRepliers } = thread;
  return update(messages, messageId, ({ lastReplyAt: _, ...root }) => ({ ...root, threadCount, lastRepliers, ...(lastReplyAt ? { lastReplyAt } : {}) }));
}

function update(messages: readonly Message[], id: string, change: (message: Message) => Message): readonly Message[] {
  const at = messages.findIndex((message) => message._id === id);
  const before = messages[at];
  if (!before) return messages;
  const after = change(before);
  return after === before ? messages : messages.with(at, after);
}
