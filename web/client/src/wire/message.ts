import type { Answer, Id, Ok, Sender, Timestamp } from "./base";
import type { Channel, ChannelSync } from "./channel";
import type { MemberEvents } from "./member";

export type MessageType = "text" | "file" | "voice" | "system";

export interface Attachment {
  url: string;
  fileName: string;
  fileSize: number;
  mimeType: string;
}

export interface Reaction {
  emoji: string;
  userId: Id;
  createdAt: Timestamp;
}

export interface LinkPreview {
  url: string;
  title: string;
  description: string;
  siteName?: string;
  /** The path that gives a link to its picture, to those who may read the message: see `Api.previewImage`. */
  image?: string;
  imageWidth?: number;
  imageHeight?: number;
  /** What is seen there, in the page's words. */
  imageAlt?: string;
}

/** Another message that this one quotes or forwards: its words of then, by somebody as they look now. */
export interface Quote {
  messageId: Id;
  channelId: Id;
  senderId: Sender;
  message: string;
  createdAt: Timestamp;
  /** From another channel. */
  isForwarded: boolean;
}

/** What happened, for wording it in another language than the text does. */
export interface SystemNote {
  kind: string;
  actorId?: Id;
  userIds?: Id[];
  value?: string;
}

export interface Message {
  _id: Id;
  channelId: Id;
  seq: number;
  clientId: string;
  senderId: Sender;
  senderModel: "User" | "Client";
  /** Markdown; empty once deleted. */
  message: string;
  messageType: MessageType;
  attachments: Attachment[];
  /** Of a reply: the message that its thread hangs on. */
  parentMessageId?: Id;
  threadCount: number;
  lastReplyAt?: Timestamp;
  lastRepliers: Sender[];
  reactions: Reaction[];
  mentions: Id[];
  /** The people of `mentions`. */
  mentioned: Sender[];
  mentionsChannel: boolean;
  linkPreview?: LinkPreview;
  quote?: Quote;
  system?: SystemNote;
  isPinned: boolean;
  pinnedAt?: Timestamp;
  pinnedBy?: Id;
  isEdited: boolean;
  editedAt?: Timestamp;
  revision: number;
  isDeleted: boolean;
  deletedAt?: Timestamp;
  deletedBy?: Id;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export interface SendMessage {
  channelId: Id;
  message: string;
  messageType: MessageType;
  /** A UUIDv7 of the client's. The same one twice has one effect and the same answer. */
  clientId: string;
  parentMessageId?: Id;
  /** Members whose names stand in the text as "@Name". */
  mentions?: Id[];
  confirmChannelMention?: boolean;
  quoteMessageId?: Id;
}

export interface Sent {
  messageId: Id;
  channelId: Id;
  clientId: string;
  seq: number;
  eventSeq: number;
  createdAt: Timestamp;
  duplicate: boolean;
}

/** The changes of a channel, by the name of their push. */
export interface ChannelEvents extends MemberEvents {
  newMessage: NewMessage;
  messageEdited: MessageEdited;
  messageDeleted: MessageDeleted;
  reactionAdded: ReactionChanged;
  reactionRemoved: ReactionChanged;
  messagePinned: MessagePinned;
}

/** A change of a channel, as `sync` lists it and as the push of the same name carries it. */
export type ChannelEvent = {
  [E in keyof ChannelEvents]: { event: E; eventSeq: number; data: ChannelEvents[E] };
}[keyof ChannelEvents];

interface OfChange {
  channelId: Id;
  eventSeq: number;
}

/** What the message that a thread hangs on shows of it. */
export interface Thread {
  messageId: Id;
  /** Who wrote the message that it hangs on, and follows it from its first reply on. */
  rootSenderId: Id;
  threadCount: number;
  lastReplyAt?: Timestamp;
  lastRepliers: Sender[];
}

export interface NewMessage extends OfChange {
  message: Message;
  /** Of a reply: its thread, now. */
  thread?: Thread;
}

export interface MessageEdited extends OfChange {
  messageId: Id;
  message: string;
  mentions: Id[];
  mentioned: Sender[];
  mentionsChannel: boolean;
  linkPreview?: LinkPreview;
  isEdited: boolean;
  editedAt?: Timestamp;
  revision: number;
}

export interface MessageDeleted extends OfChange {
  messageId: Id;
  seq: number;
  senderId: Id;
  parentMessageId?: Id;
  deletedBy: Id;
  deletedAt: Timestamp;
  thread?: Thread;
}

export interface ReactionChanged extends OfChange {
  messageId: Id;
  emoji: string;
  userId: Id;
  createdAt: Timestamp;
}

export interface MessagePinned extends OfChange {
  messageId: Id;
  isPinned: boolean;
  pinnedBy?: Id;
  pinnedAt?: Timestamp;
}

export interface Mention {
  messageId: Id;
  channelId: Id;
  seq: number;
  senderId: Id;
  message: string;
}

/** Answers a request that changes a message; `eventSeq` is 0 when there was nothing to change. */
export interface Changed {
  channelId: Id;
  messageId: Id;
  eventSeq: number;
}

export interface EditMessage {
  messageId: Id;
  message: string;
  /** Without it those stay whose names are still in the text. */
  mentions?: Id[];
  /** The one that was seen: another one meanwhile is refused. */
  revision?: number;
  confirmChannelMention?: boolean;
}

export interface Edited {
  messageId: Id;
  eventSeq: number;
  revision: number;
  editedAt?: Timestamp;
}

export interface Revision {
  revision: number;
  message: string;
  editorId: Id;
  editedAt: Timestamp;
}

export interface MessagePage {
  messages: Message[];
  hasMore: boolean;
  eventSeq: number;
  /** With `parentMessageId`: the thread's first message, and how it stands for oneself. */
  root?: Message;
  thread?: ThreadState;
}

export interface ThreadState extends Thread {
  isFollowing: boolean;
  readSeq: number;
  lastSeq: number;
}

export interface MessageRequests {
  sendMessage: { request: SendMessage; ack: Ok & Sent };
  editMessage: { request: EditMessage; ack: Ok & Edited };
  deleteMessage: { request: Id; ack: Ok & Changed };
  addReaction: { request: { messageId: Id; emoji: string; on?: boolean }; ack: Ok & Changed & { added: boolean } };
  pinMessage: { request: { messageId: Id; on?: boolean }; ack: Ok & Changed & { isPinned: boolean } };
  followThread: { request: { messageId: Id; isFollowing: boolean }; ack: Ok };
  sync: {
    request: { epoch: string; channels: Record<Id, number>; peopleSeq?: number };
    ack: Ok & {
      epoch: string;
      channels: Record<Id, ChannelSync>;
      added: Channel[];
      /** Who looks otherwise since `peopleSeq`. */
      people: Sender[];
      peopleSeq: number;
      /** Too many do to be told. */
      isPeopleReset: boolean;
    };
  };
}

export interface MessagePushes extends Omit<ChannelEvents, keyof MemberEvents> {
  mention: Mention;
}

export interface MessageRest {
  "GET /api/communications": {
    query: { channelId?: Id; before?: string; after?: string; around?: string; parentMessageId?: Id; limit?: string };
    response: Answer<MessagePage>;
  };
  "POST /api/communications": { request: SendMessage; response: Answer<Sent> };
  "GET /api/communications/{id}": { response: Answer<{ message: Message }> };
  "PUT /api/communications/{id}": { request: Omit<EditMessage, "messageId">; response: Answer<Edited> };
  "DELETE /api/communications/{id}": { response: Answer<Changed> };
  "GET /api/communications/{id}/preview-image": { response: Answer<{ url: string }> };
  "GET /api/communications/{id}/revisions": { response: Answer<{ revisions: Revision[] }> };
  "POST /api/communications/reactions": {
    request: { messageId: Id; emoji: string; on?: boolean };
    response: Answer<Changed & { added: boolean }>;
  };
  "GET /api/channels/{id}/pins": { response: Answer<{ messages: Message[] }> };
  "POST /api/channels/{id}/pins": {
    request: { messageId: Id; on?: boolean };
    response: Answer<Changed & { isPinned: boolean }>;
  };
}
