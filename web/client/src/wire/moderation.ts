import type { Answer, Id, Ok, Sender, Timestamp } from "./base";
import type { ChannelType } from "./channel";
import type { MemberUpdated } from "./member";
import type { Message } from "./message";

export interface UserBlocked {
  userId: Id;
  on: boolean;
}

/** One thing that an admin or moderator did. */
export interface AuditEntry {
  _id: number;
  at: Timestamp;
  actorId: Id;
  /** As it is now; empty for a service. */
  actorName: string;
  action: string;
  channelId?: Id;
  /** Whom it was done to. */
  userId?: Id;
  /** As it is now; without it, no user of the directory has the id. */
  userName?: string;
  messageId?: Id;
  details: Record<string, unknown>;
}

export type ReportStatus = "open" | "resolved" | "dismissed";
export type ReportReason = "spam" | "harassment" | "inappropriate" | "confidential" | "other";
export type ReportAction = "delete_message" | "silence_member";

/** To those who may decide on a report; nothing of the message is in it. */
export interface ReportUpdated {
  reportId: Id;
  channelId: Id;
  status: ReportStatus;
}

export interface Report {
  _id: Id;
  channelId: Id;
  channel: { name: string; channelType: ChannelType };
  messageId: Id;
  senderId: Sender;
  /** What it said when it was reported. */
  message: string;
  /** It has lost its words since. */
  isDeleted: boolean;
  /** Empty for the word filter, whose reason is "word_filter". */
  reporterId: Id;
  reporterName: string;
  reason: ReportReason | "word_filter";
  details: string;
  status: ReportStatus;
  action?: ReportAction;
  note?: string;
  resolvedBy?: Id;
  resolvedAt?: Timestamp;
  createdAt: Timestamp;
}

export interface ReportDecision {
  status: "resolved" | "dismissed";
  action?: ReportAction;
  /** Of a silence. */
  seconds?: number;
  note?: string;
}

export interface WordList {
  channelTypes: ChannelType[];
  action: "block" | "mask" | "flag";
  words: string[];
}

export interface DMOpened {
  channelId: Id;
  actorId: Id;
  actorName: string;
  /** Whose messages they are. */
  people: Sender[];
  reason: string;
  until: Timestamp;
}

/** Others' direct messages: by their channel, or by whose they are. */
export type WhichDM = { channelId: Id; userIds?: never } | { channelId?: never; userIds: [Id, Id] };

export interface DMAccess {
  channelId: Id;
  people: Sender[];
  until: Timestamp;
}

export interface ModerationRequests {
  reportMessage: { request: { messageId: Id; reason: ReportReason; details?: string }; ack: Ok & ReportUpdated };
  decideReport: { request: { reportId: Id } & ReportDecision; ack: Ok & ReportUpdated };
  silenceMember: { request: { channelId: Id; userId: Id; until?: Timestamp; seconds?: number }; ack: Ok & MemberUpdated };
  blockUser: { request: UserBlocked; ack: Ok };
}

export interface ModerationPushes {
  userBlocked: UserBlocked;
  reportUpdated: ReportUpdated;
  dmOpened: DMOpened;
}

export interface ModerationRest {
  "GET /api/blocks": { response: Answer<{ blocks: Sender[] }> };
  "GET /api/moderation/audit": {
    query: { channelId?: Id; actorId?: Id; action?: string; before?: string; limit?: string };
    response: Answer<{ entries: AuditEntry[]; hasMore: boolean }>;
  };
  "GET /api/moderation/reports": {
    query: { status?: ReportStatus; channelId?: Id; before?: Id; limit?: string };
    response: Answer<{ reports: Report[]; hasMore: boolean }>;
  };
  "GET /api/moderation/reports/{id}": { response: Answer<{ report: Report; context: Message[] }> };
  "PUT /api/moderation/reports/{id}": { request: ReportDecision; response: Answer<ReportUpdated> };
  "GET /api/moderation/words": { response: Answer<{ lists: WordList[]; revision: number }> };
  "PUT /api/moderation/words": { request: { lists: WordList[] }; response: Answer<{ lists: WordList[]; revision: number }> };
  "POST /api/moderation/dm-access": { request: WhichDM & { reason: string }; response: Answer<DMAccess> };
  "GET /api/moderation/dm/{channelId}/messages": {
    query: { before?: string; after?: string; around?: string; limit?: string };
    response: Answer<{ messages: Message[]; hasMore: boolean; eventSeq: number }>;
  };
}
