import type { Answer, Id, Ok, Sender, Timestamp } from "./base";
import type { MemberUpdated } from "./member";

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
  messageId?: Id;
  details: Record<string, unknown>;
}

export interface ModerationRequests {
  silenceMember: { request: { channelId: Id; userId: Id; until?: Timestamp; seconds?: number }; ack: Ok & MemberUpdated };
  blockUser: { request: UserBlocked; ack: Ok };
}

export interface ModerationPushes {
  userBlocked: UserBlocked;
}

export interface ModerationRest {
  "GET /api/blocks": { response: Answer<{ blocks: Sender[] }> };
  "GET /api/moderation/audit": {
    query: { channelId?: Id; actorId?: Id; action?: string; before?: string; limit?: string };
    response: Answer<{ entries: AuditEntry[]; hasMore: boolean }>;
  };
}
