import type { Answer, Id, Ok, Timestamp } from "./base";
import type { Channel, ChannelMember, ChannelType } from "./channel";

export type MemberRole = ChannelMember["role"];

interface OfChange {
  channelId: Id;
  eventSeq: number;
}

export interface ChannelUpdated extends OfChange {
  name: string;
  description: string;
  avatar: string;
  is_private: boolean;
  isArchived: boolean;
  isReadOnly: boolean;
  slowModeSeconds: number;
  /** The CRM's project that the channel belongs to. */
  project?: NonNullable<Channel["project"]>;
}

export interface MembersAdded extends OfChange {
  members: ChannelMember[];
  /** More were added than are named. */
  hasMore?: true;
  participantCount: number;
}

export interface MemberRemoved extends OfChange {
  userId: Id;
  /** Who became the owner by this. */
  ownerId?: Id;
  participantCount: number;
}

export interface MemberUpdated extends OfChange {
  userId: Id;
  role: MemberRole;
  silencedUntil?: Timestamp;
}

export interface CreateChannel {
  channelType: ChannelType;
  name: string;
  description?: string;
  is_private?: boolean;
  isInternal?: boolean;
  isReadOnly?: boolean;
  memberIds?: Id[];
  /** Of a channel across departments: their people are in it by rule. */
  departments?: string[];
}

/** What is not given stays. */
export interface ChannelChange {
  name?: string;
  description?: string;
  avatar?: string;
  is_private?: boolean;
  isArchived?: boolean;
  isReadOnly?: boolean;
  slowModeSeconds?: number;
}

export interface MembersAnswer {
  channelId: Id;
  eventSeq: number;
  members: ChannelMember[];
}

export interface MemberRequests {
  createChannel: { request: CreateChannel; ack: Ok & { channel: Channel; created: boolean } };
  updateChannel: { request: ChannelChange & { channelId: Id }; ack: Ok & { channel: Channel } };
  addMembers: { request: { channelId: Id; userIds: Id[]; role?: MemberRole }; ack: Ok & MembersAnswer };
  removeMember: { request: { channelId: Id; userId: Id }; ack: Ok & MembersAnswer };
  setMemberRole: { request: { channelId: Id; userId: Id; role: MemberRole }; ack: Ok & MembersAnswer };
  becomeMember: { request: Id; ack: Ok & { channel: Channel } };
}

/** Changes of a channel, as those of its messages. */
export interface MemberEvents {
  channelUpdated: ChannelUpdated;
  /** A direct message is internal now, or no longer. */
  channelTurned: OfChange & { isInternal: boolean };
  membersAdded: MembersAdded;
  memberRemoved: MemberRemoved;
  memberUpdated: MemberUpdated;
}

export interface MemberPushes extends MemberEvents {}

export interface MemberRest {
  "GET /api/channels/open": { query: { search?: string }; response: Answer<{ channels: Channel[] }> };
  "GET /api/channels/archived": { response: Answer<{ channels: Channel[] }> };
  "PUT /api/channels/{id}": { request: ChannelChange; response: Answer<{ channel: Channel }> };
  "DELETE /api/channels/{id}": { response: Answer<{ channel: Channel }> };
  "GET /api/channels/{id}/participants": {
    query: { search?: string; offset?: string; limit?: string };
    response: Answer<{ participants: ChannelMember[]; hasMore: boolean }>;
  };
  "POST /api/channels/{id}/participants": {
    request: { userIds: Id[]; role?: MemberRole };
    response: Answer<MembersAnswer>;
  };
  "PUT /api/channels/{id}/participants/{userId}": { request: { role: MemberRole }; response: Answer<MembersAnswer> };
  "DELETE /api/channels/{id}/participants/{userId}": { response: Answer<MembersAnswer> };
  "POST /api/channels/{id}/join": { response: Answer<{ channel: Channel }> };
}
