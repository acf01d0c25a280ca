import type { Answer, Id, Ok, Sender, Timestamp, User } from "./base";
import type { IceServer } from "./call";

export interface Connect {
  auth: { token: string };
  refused: { message: string; data: { code: string } };
}

export interface Ready {
  user: User;
  /** Changes when the database is another one, and with it every sequence number. */
  epoch: string;
  /** The last change of how people look; those after it are told. */
  peopleSeq: number;
  serverTime: Timestamp;
  limits: Limits;
}

export interface Limits {
  messageLength: number;
  callParticipants: number;
}

export interface ServerConfig {
  dev: boolean;
  socketPath: string;
  messageLength: number;
  callParticipants: number;
}

export type Health = "UP" | "DEGRADED" | "DOWN";

export interface ConnectionRequests {
  heartbeat: { request: { active?: boolean }; ack: Ok };
}

export interface ConnectionPushes {
  ready: Ready;
  /** What has no number may not have been told: fetch it again, after a while of your own. */
  eventsLost: Record<string, never>;
  /** The directory says something else of one than before; what one may do follows it. */
  userChanged: { user: User };
  /** How people look to others now. `isReset`: too many have changed to be told; what is shown of people is to be fetched anew. */
  peopleChanged: { people: Sender[]; isReset: boolean };
  sessionEnded: { code: string; message: string };
}

export interface ConnectionRest {
  "GET /api/health": { response: { status: Health; checks: Record<string, Health> } };
  "GET /api/config": { response: Answer<ServerConfig> };
  "GET /api/me": { response: Answer<User> };
  "GET /api/ice-servers": { response: Answer<{ iceServers: IceServer[] }> };
  "GET /api/users": { query: { search?: string; limit?: string }; response: Answer<{ users: User[] }> };
  "GET /api/dev/users": { response: Answer<{ users: User[] }> };
  "POST /api/dev/token": { request: { userId: Id }; response: Answer<{ token: string; expiresAt: Timestamp }> };
}
