import type { Answer, Id, Ok, Timestamp } from "./base";

export type CallType = "voice" | "video";

export type CallStatus = "ringing" | "ongoing" | "completed" | "missed" | "rejected" | "failed";

export type Source = "microphone" | "camera" | "screen" | "screen-audio";

export type MediaConnectionState = "connecting" | "connected" | "interrupted" | "failed" | "closed";

export interface ActiveCall {
  callId: Id;
  callType: CallType;
  participantCount: number;
  startedAt: Timestamp;
}

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
  /** Bits a second that one can receive, as the server estimates it. */
  availableBitrate: number | null;
}

export interface OfCall {
  callId: Id;
  channelId: Id;
}

export interface OfParticipant {
  callId: Id;
  participantId: Id;
  userId: Id;
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

export interface CallRequests {
  initiateCall: {
    request: { channelId: Id; callType: CallType; participantIds: Id[] };
    ack: Ok & { callId: Id; channelId: Id; existing: boolean };
  };
  rejectCall: { request: { callId: Id }; ack: Ok };
  /** `participantId` asks for the seat that a lost socket left behind; the rest is how one enters. */
  joinCall: { request: { callId: Id; participantId?: Id; hasVideo?: boolean; isMuted?: boolean }; ack: Joined };
  leaveCall: { request: { callId: Id }; ack: Ok };
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

export interface CallPushes {
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
}

export interface CallRest {
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
}
