/**
 * Every shape that crosses between this client and the server, in one place. docs/wire/examples.json holds an example of
 * each, which the server's own tests read too; `npm run wire` checks that the two agree in both directions.
 */

export type Id = string;
/** An instant as RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;

export type Role = "admin" | "manager" | "user" | "client";
export type ChannelType = "general" | "dm" | "department" | "project" | "group" | "client-support";
export type CallType = "voice" | "video";
export type CallStatus = "ringing" | "ongoing" | "completed" | "missed" | "rejected" | "failed";
export type MessageType = "text" | "file" | "voice" | "system";
export type Source = "microphone" | "camera" | "screen" | "screen-audio";
export type MediaConnectionState = "connecting" | "connected" | "interrupted" | "failed" | "closed";

export interface User {
  _id: Id;
  name: string;
  avatarUrl: string;
  role: Role;
  department: string;
  isInternal: boolean;
}

export interface Sender {
  _id: Id;
  name: string;
  avatarUrl: string;
}

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

export interface Message {
  _id: Id;
  channelId: Id;
  seq: number;
  clientId: string;
  senderId: Sender;
  senderModel: "User" | "Client";
  message: string;
  messageType: MessageType;
  attachments: Attachment[];
  threadCount: number;
  reactions: Reaction[];
  mentions: Id[];
  isPinned: boolean;
  isEdited: boolean;
  isDeleted: boolean;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export interface ChannelMember {
  userId: Id;
  name: string;
  avatarUrl: string;
  role: "owner" | "admin" | "member";
  joinedAt: Timestamp;
}

export interface LastMessage {
  _id: Id;
  senderName: string;
  message: string;
  createdAt: Timestamp;
}

export interface ActiveCall {
  callId: Id;
  callType: CallType;
  participantCount: number;
  startedAt: Timestamp;
}

export interface Channel {
  _id: Id;
  name: string;
  description: string;
  channelType: ChannelType;
  is_private: boolean;
  isInternal: boolean;
  isArchived: boolean;
  isReadOnly: boolean;
  /** Empty in a channel whose members are a rule, such as "everyone", and not a list. */
  participants: ChannelMember[];
  participantCount: number;
  seq: number;
  eventSeq: number;
  messageCount: number;
  lastMessageAt?: Timestamp;
  lastMessage?: LastMessage;
  activeCall?: ActiveCall;
  createdBy: Id;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

/** What every request is answered with when it fails. */
export interface Failure {
  error: string;
  code: string;
  details?: Record<string, unknown>;
  retryAfterMs?: number;
}

export interface Connect {
  auth: { token: string };
  refused: { message: string; data: { code: string } };
}

export interface Ok {
  success: true;
}

export interface SendMessage {
  channelId: Id;
  message: string;
  messageType: MessageType;
  /** A UUIDv7 of the client's. The same one twice has one effect and the same answer. */
  clientId: string;
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

/** A change of a channel, as `sync` lists it and as the push of the same name carries it. */
export interface ChannelEvent {
  event: string;
  eventSeq: number;
  data: NewMessage;
}

export type ChannelSync =
  | { status: "events"; eventSeq: number; events: ChannelEvent[] }
  | { status: "reset"; eventSeq: number }
  | { status: "gone" };

export interface Participant {
  /** A seat in a call; a user may hold several. */
  participantId: Id;
  userId: Id;
  userName: string;
  avatarUrl: string;
  hasVideo: boolean;
  isMuted: boolean;
  isSharingScreen: boolean;
  joinedAt: Timestamp;
}

/** The fields of RTCIceServer that the server uses. */
export interface IceServer {
  urls: string | string[];
  username?: string;
  credential?: string;
}

export interface Joined extends Ok {
  callId: Id;
  channelId: Id;
  callType: CallType;
  participantId: Id;
  /** True: the seat and its PeerConnection are the ones from before the socket was lost. */
  resumed: boolean;
  participants: Participant[];
  iceServers: IceServer[];
}

export interface TrackOffer {
  mid: string;
  source: Source;
}

export interface View {
  participantId: Id;
  source: "camera" | "screen";
  width: number;
  height: number;
}

/** Requests over the socket, each with the ack of its success. A failure is a Failure. */
export interface Requests {
  joinChannel: { request: Id; ack: Ok & { channelId: Id; eventSeq: number } };
  leaveChannel: { request: Id; ack: Ok & { channelId: Id } };
  sendMessage: { request: SendMessage; ack: Ok & Sent };
  sync: {
    request: { epoch: string; channels: Record<Id, number> };
    ack: Ok & { epoch: string; channels: Record<Id, ChannelSync>; added: Channel[] };
  };
  initiateCall: {
    request: { channelId: Id; callType: CallType; participantIds: Id[] };
    ack: Ok & { callId: Id; channelId: Id; existing: boolean };
  };
  rejectCall: { request: { callId: Id }; ack: Ok };
  /** `participantId` asks for the seat that a lost socket left behind; the rest is how one enters. */
  joinCall: { request: { callId: Id; participantId?: Id; hasVideo?: boolean; isMuted?: boolean }; ack: Joined };
  leaveCall: { request: { callId: Id }; ack: Ok };
  heartbeat: { request: Record<string, never>; ack: Ok };
  "webrtc:offer": {
    request: { callId: Id; type: "offer"; sdp: string; tracks: TrackOffer[] };
    ack: Ok & { type: "answer"; sdp: string; iceServers: IceServer[] };
  };
  "webrtc:ice-candidate": {
    request: { callId: Id; candidate: string; sdpMid: string | null; sdpMLineIndex: number | null };
    ack: Ok;
  };
  setView: { request: { callId: Id; views: View[] }; ack: Ok };
  toggleVideo: { request: { callId: Id; hasVideo: boolean }; ack: Ok };
  toggleMute: { request: { callId: Id; isMuted: boolean }; ack: Ok };
  toggleScreen: { request: { callId: Id; isSharingScreen: boolean }; ack: Ok };
}

export interface Ready {
  user: User;
  /** Changes when the database is another one, and with it every sequence number. */
  epoch: string;
  serverTime: Timestamp;
  limits: Limits;
}

export interface Limits {
  messageLength: number;
  callParticipants: number;
}

export interface NewMessage {
  channelId: Id;
  eventSeq: number;
  message: Message;
}

export interface IncomingCall {
  callId: Id;
  channelId: Id;
  callType: CallType;
  initiatorId: Id;
  initiatorName: string;
  startedAt: Timestamp;
}

/** What one slot, an outgoing track of the server's, carries now; nulls for nothing. */
export type Slot = { mid: string; kind: "audio" | "video" } & (
  | { participantId: Id; userId: Id; source: Source }
  | { participantId: null; userId: null; source: null }
);

/** The simulcast layers of a section that somebody takes now, by rid. */
export interface TrackLayers {
  mid: string;
  source: Source;
  active: string[];
}

/** Who speaks, the loudest first; `level` is 0 to 1. `dominant` stays through silence. */
export interface ActiveSpeakers {
  callId: Id;
  dominant: Id | null;
  speakers: { participantId: Id; level: number }[];
}

/** How well somebody is connected, in a word. */
export type Grade = "excellent" | "good" | "fair" | "poor";

/** How media fared one way. Times are in milliseconds, loss in percent. */
export interface PathQuality {
  mos: number;
  rtt: number | null;
  jitter: number;
  loss: number;
  cause: string | null;
}

export interface ConnectionQuality {
  callId: Id;
  participantId: Id;
  uplink: PathQuality | null;
  downlink: PathQuality | null;
}

interface OfCall {
  callId: Id;
  channelId: Id;
}

interface OfParticipant {
  callId: Id;
  participantId: Id;
  userId: Id;
}

/** What the server sends without being asked. */
export interface Pushes {
  ready: Ready;
  newMessage: NewMessage;
  channelAdded: { channel: Channel };
  channelRemoved: { channelId: Id };
  incomingCall: IncomingCall;
  callAccepted: OfCall & { userId: Id };
  callRejected: OfCall & { userId: Id };
  callMissed: OfCall & { initiatorId: Id; initiatorName: string };
  callUpdated: OfCall & ActiveCall;
  callEnded: OfCall & { callStatus: CallStatus; totalDuration: number };
  participantJoined: Participant & { callId: Id };
  participantLeft: OfParticipant & { reason: string };
  participantVideoToggled: OfParticipant & { hasVideo: boolean };
  participantMuteToggled: OfParticipant & { isMuted: boolean };
  participantScreenToggled: OfParticipant & { isSharingScreen: boolean };
  slots: { callId: Id; slots: Slot[] };
  "webrtc:restart": { callId: Id };
  mediaState: { callId: Id; participantId: Id; state: MediaConnectionState };
  layers: { callId: Id; tracks: TrackLayers[] };
  activeSpeakers: ActiveSpeakers;
  connectionQuality: ConnectionQuality;
  callQuality: { callId: Id; participants: { participantId: Id; quality: Grade }[] };
  sessionEnded: { code: string; message: string };
}

export interface Answer<T> {
  success: true;
  data: T;
}

export interface ServerConfig {
  dev: boolean;
  socketPath: string;
  messageLength: number;
  callParticipants: number;
}

export interface MessagePage {
  messages: Message[];
  hasMore: boolean;
  eventSeq: number;
}

export interface CallRecord {
  _id: Id;
  channelId: Id;
  callType: CallType;
  initiatorId: Id;
  callStatus: CallStatus;
  participants: { participantId: Id; userId: Id; joinedAt: Timestamp; leftAt?: Timestamp; duration?: number }[];
  startedAt: Timestamp;
  endedAt?: Timestamp;
  totalDuration?: number;
  /** 0 to 100. */
  avgQuality?: number;
  networkIssues?: string[];
}

type Health = "UP" | "DEGRADED" | "DOWN";

/** REST: the query, the body and the successful answer of each path. */
export interface Rest {
  "GET /api/health": { response: { status: Health; checks: Record<string, Health> } };
  "GET /api/config": { response: Answer<ServerConfig> };
  "GET /api/me": { response: Answer<User> };
  "GET /api/users": { query: { search?: string; limit?: string }; response: Answer<{ users: User[] }> };
  "GET /api/channels": { response: Answer<{ epoch: string; channels: Channel[] }> };
  "POST /api/channels": {
    request: { channelType: ChannelType; participants: { userId: Id }[] };
    response: Answer<{ channel: Channel; created: boolean }>;
  };
  "GET /api/channels/{id}": { response: Answer<{ channel: Channel }> };
  "GET /api/communications": {
    query: { channelId: Id; before?: string; limit?: string };
    response: Answer<MessagePage>;
  };
  "POST /api/communications": { request: SendMessage; response: Answer<Sent> };
  "GET /api/calls": {
    query: { channelId?: Id; limit?: string; before?: string };
    response: Answer<{ calls: CallRecord[]; hasMore: boolean }>;
  };
  "POST /api/calls": {
    request: { channelId: Id; callType: CallType; participantIds: Id[] };
    response: Answer<{ callId: Id; channelId: Id; existing: boolean }>;
  };
  "GET /api/calls/{id}": { response: Answer<{ call: CallRecord }> };
  "POST /api/connection-test": {
    request: { offers: { kind: "publish" | "play"; sdp: string }[] };
    response: Answer<{ testId: Id; answers: string[]; expiresAt: Timestamp; iceServers: IceServer[] }>;
  };
  "DELETE /api/connection-test/{id}": { response: Answer<Record<string, never>> };
  "GET /api/dev/users": { response: Answer<{ users: User[] }> };
  "POST /api/dev/token": { request: { userId: Id }; response: Answer<{ token: string; expiresAt: Timestamp }> };
}

/** The sections of the examples file. */
export interface Wire {
  connect: Connect;
  error: Failure;
  requests: Requests;
  pushes: Pushes;
  rest: Rest;
}
