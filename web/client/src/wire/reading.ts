import type { Answer, Id, Ok, Timestamp } from "./base";
import type { Message } from "./message";

export type NotifyLevel = "all" | "mentions" | "none";

/** How one stands in a channel. Counts end at 100. */
export interface Standing {
  role: "owner" | "admin" | "member";
  readSeq: number;
  /** Messages of others after it; replies in threads are left out. */
  unread: number;
  /** Of those and of replies: where one is named. */
  mentions: number;
  notifyLevel: NotifyLevel;
  /** A direct message that one has put away, until the next message. */
  isArchived?: boolean;
}

export interface ChannelRead extends Standing {
  channelId: Id;
}

export interface MessagesRead {
  channelId: Id;
  userId: Id;
  readSeq: number;
  messageIds?: Id[];
}

export interface Draft {
  channelId: Id;
  parentMessageId?: Id;
  message: string;
  updatedAt: Timestamp;
}

export interface ThreadRead {
  messageId: Id;
  seq: number;
}

export interface SavedMessage {
  message: Message;
  savedAt: Timestamp;
}

export interface FollowedThread {
  root: Message;
  /** Replies of others that one has not read; ends at 100. */
  unread: number;
  readSeq: number;
  /** Of the latest reply that `unread` knows of; 0 without replies. */
  lastSeq: number;
}

export interface ThreadFollowed {
  messageId: Id;
  isFollowing: boolean;
}

export interface ReadingRequests {
  markAsRead: { request: { channelId: Id; seq?: number; messageIds?: Id[] }; ack: Ok & ChannelRead };
  markAsUnread: { request: Id; ack: Ok & ChannelRead };
  markThreadRead: { request: ThreadRead; ack: Ok };
  setNotifications: { request: { channelId: Id; notifyLevel: NotifyLevel }; ack: Ok & ChannelRead };
  saveDraft: { request: Omit<Draft, "updatedAt">; ack: Ok & Draft };
  saveMessage: { request: { messageId: Id; on: boolean }; ack: Ok };
}

export interface ReadingPushes {
  channelRead: ChannelRead;
  messagesRead: MessagesRead;
  threadRead: ThreadRead;
  threadFollowed: ThreadFollowed;
  draftChanged: Draft;
  messageSaved: { messageId: Id; on: boolean };
}

export interface ReadingRest {
  "GET /api/channels/{id}/reads": { response: Answer<{ reads: { userId: Id; readSeq: number }[] }> };
  "GET /api/threads": { response: Answer<{ threads: FollowedThread[] }> };
  "GET /api/drafts": { response: Answer<{ drafts: Draft[] }> };
  "GET /api/saved": { query: { before?: string; limit?: string }; response: Answer<{ saved: SavedMessage[] }> };
}
