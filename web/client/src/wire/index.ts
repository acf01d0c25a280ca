/**
 * Every shape that crosses between this client and the server, a file a noun. docs/wire/examples/ holds an example of each,
 * which the server's own tests read too; `npm run wire` checks that the two agree in both directions.
 */
import type { Failure } from "./base";
import type { CallPushes, CallRequests, CallRest } from "./call";
import type { ChannelPushes, ChannelRequests, ChannelRest } from "./channel";
import type { Connect, ConnectionPushes, ConnectionRequests, ConnectionRest } from "./connection";
import type { DirectoryRest } from "./directory";
import type { MemberPushes, MemberRequests, MemberRest } from "./member";
import type { MessagePushes, MessageRequests, MessageRest } from "./message";
import type { PresencePushes, PresenceRequests, PresenceRest } from "./presence";
import type { ModerationPushes, ModerationRequests, ModerationRest } from "./moderation";
import type { ReadingPushes, ReadingRequests, ReadingRest } from "./reading";
import type { SearchRequests, SearchRest } from "./search";
import type { SchedulePushes, ScheduleRequests, ScheduleRest } from "./schedule";

export type * from "./base";
export type * from "./call";
export type * from "./channel";
export type * from "./connection";
export type * from "./directory";
export type * from "./member";
export type * from "./message";
export type * from "./presence";
export type * from "./moderation";
export type * from "./reading";
export type * from "./search";
export type * from "./schedule";

/** Requests over the socket, each with the ack of its success. A failure is a Failure. */
export interface Requests extends ModerationRequests, ChannelRequests, MemberRequests, MessageRequests, ReadingRequests, SearchRequests, ScheduleRequests, PresenceRequests, CallRequests, ConnectionRequests {}

/** What the server sends without being asked. */
export interface Pushes extends ModerationPushes, ChannelPushes, MemberPushes, MessagePushes, ReadingPushes, SchedulePushes, PresencePushes, CallPushes, ConnectionPushes {}

/** REST: the query, the body and the successful answer of each path. */
export interface Rest extends ModerationRest, PresenceRest, DirectoryRest, ChannelRest, MemberRest, MessageRest, ReadingRest, SearchRest, ScheduleRest, CallRest, ConnectionRest {}

/** The sections of the examples file. */
export interface Wire {
  connect: Connect;
  error: Failure;
  requests: Requests;
  pushes: Pushes;
  rest: Rest;
}
