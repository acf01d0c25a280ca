import type { Answer, Id, Ok, Timestamp } from "./base";

export type Status = "online" | "away" | "dnd" | "offline";

export interface Presence {
  userId: Id;
  status: Status;
  since: Timestamp;
  customStatus: string;
  expiresAt?: Timestamp;
  lastSeenAt?: Timestamp;
}

/** What one says of oneself; `online` is what the devices say. */
export interface OwnStatus {
  status: Status;
  customStatus: string;
  expiresAt?: Timestamp;
  hideLastSeen: boolean;
  hideTyping: boolean;
}

export interface Typing {
  channelId: Id;
  userId: Id;
  userName: string;
  parentMessageId?: Id;
}

interface WhereTyping {
  channelId: Id;
  parentMessageId?: Id;
}

export interface PresenceRequests {
  updateStatus: { request: Partial<OwnStatus>; ack: Ok & OwnStatus };
  watchPresence: { request: { userIds: Id[] }; ack: Ok & { users: Presence[] } };
  "typing:start": { request: WhereTyping; ack: Ok };
  "typing:stop": { request: WhereTyping; ack: Ok };
}

export interface PresencePushes {
  userStatusChanged: Presence;
  "typing:started": Typing;
  "typing:stopped": Typing;
}

export interface PresenceRest {
  "GET /api/me/status": { response: Answer<OwnStatus> };
}
