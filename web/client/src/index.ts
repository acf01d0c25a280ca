/**
 * Parley from TypeScript, without a framework.
 *
 * A `Connection` is the socket, `Api` the REST paths, `Chat` keeps channels and messages current, `Calls` rings and joins,
 * and a `Call` is one call with its tracks.
 */
export { Api, type ApiOptions } from "./api";
export { Call } from "./call/call";
export { type CallNotice, Calls } from "./call/calls";
export { type Devices, type DeviceState, LocalMedia, type MediaProblem, type MediaState } from "./call/media";
export { causeOf, type Quality } from "./call/quality";
export type { CallPhase, CallSnapshot } from "./call/snapshot";
export type { Shown } from "./call/views";
export { MessageActions, REACTIONS } from "./chat/actions";
export { Chat } from "./chat/chat";
export type { Drafts } from "./chat/drafts";
export type { FollowedState } from "./chat/followed";
export type { Outgoing, Pending } from "./chat/outbox";
export { IndexedOutboxStore, type OutboxStore } from "./chat/outboxStore";
export { Pictures } from "./chat/pictures";
export { MAX_RECEIPTS, type Reader } from "./chat/receipts";
export { MAX_COUNT } from "./chat/standing";
export { type ChannelState, type ChatStatus, type Timeline, totalBadge } from "./chat/state";
export type { ThreadView } from "./chat/threads";
export { Connection, type ConnectionOptions, type ConnectionState, type Push, type TokenSource } from "./connection";
export { Emitter, type Unsubscribe } from "./emitter";
export { ParleyError } from "./errors";
export { ChannelManager } from "./members/manage";
export { Roster, type RosterState } from "./members/roster";
export { type AuditQuery, Moderation, type ReportQuery } from "./moderation/moderation";
export { OpenedDM, type OpenedDMState } from "./moderation/openedDM";
export { People } from "./people/people";
export { PeoplePresence } from "./presence/presence";
export { MAX_WATCHED } from "./presence/watchList";
export { Schedule, type ScheduleState } from "./schedule/schedule";
export { type Piece, piecesOf, Search, type SearchQuery } from "./search/search";
export { Suggester } from "./search/suggester";
export { Typing, type Writer } from "./typing/typing";
export { uuidv7 } from "./ids";
export { Parley, type ParleyOptions } from "./parley";
export { adoptFragment, forgetToken, pageTokens } from "./session";
export type * from "./wire";
export { type TrialWay, WAYS } from "./trial/answer";
export { measure, type MeasureOptions } from "./trial/measure";
export { soundScore, type Way } from "./trial/mos";
export { type PathOutcome, tryPath } from "./trial/path";
export type { Measurement } from "./trial/samples";
export { type SocketOutcome, trySocket } from "./trial/socket";
