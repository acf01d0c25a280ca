import type { Answer, Id, Ok, Timestamp } from "./base";
import type { ActiveCall } from "./call";
import type { ChannelEvent } from "./message";
import type { Standing } from "./reading";

export type ChannelType = "general" | "dm" | "department" | "project" | "group" | "client-support";

export interface ChannelMember {
  userId: Id;
  name: string;
  avatarUrl: string;
  role: "owner" | "admin" | "member";
  joinedAt: Timestamp;
  /** By a moderator. */
  silencedUntil?: Timestamp;
}

export interface LastMessage {
  _id: Id;
  senderId: Id;
  senderName: string;
  message: string;
  createdAt: Timestamp;
}

export interface Channel {
  _id: Id;
  name: string;
  description: string;
  channelType: ChannelType;
  is_private: boolean;
  isInternal: boolean;
  /** A direct message: by oneself, for oneself. */
  isArchived: boolean;
  isReadOnly: boolean;
  /** Between two messages of one member; 0 for none. */
  slowModeSeconds: number;
  /** A picture's URL. */
  avatar?: string;
  /** Of the CRM's project or department that it belongs to. */
  projectId?: Id;
  departmentId?: Id;
  project?: { id: Id; name: string; url?: string; status?: string; isFinished: boolean };
  /** Empty in a channel whose members are a rule, such as "everyone", and not a list. */
  participants: ChannelMember[];
  participantCount: number;
  seq: number;
  eventSeq: number;
  messageCount: number;
  lastMessageAt?: Timestamp;
  lastMessage?: LastMessage;
  activeCall?: ActiveCall;
  /** How one stands in it, where the server was asked for one's channels. */
  me?: Standing;
  createdBy: Id;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export type ChannelSync =
  | { status: "events"; eventSeq: number; events: ChannelEvent[] }
  | { status: "reset"; eventSeq: number }
  | { status: "gone" };

export interface ChannelRequests {
  joinChannel: { request: Id; ack: Ok & { channelId: Id; eventSeq: number } };
  leaveChannel: { request: Id; ack: Ok & { channelId: Id } };
}

export interface ChannelPushes {
  channelAdded: { channel: Channel };
  channelRemoved: { channelId: Id };
}

export interface ChannelRest {
  "GET /api/channels": { response: Answer<{ epoch: string; channels: Channel[] }> };
  "POST /api/channels": {
    request: { channelType: ChannelType; participants: { userId: Id }[] };
    response: Answer<{ channel: Channel; created: boolean }>;
  };
  "GET /api/channels/{id}": { response: Answer<{ channel: Channel }> };
}
