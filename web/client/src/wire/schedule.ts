import type { Answer, Id, Ok, Timestamp } from "./base";
import type { SendMessage } from "./message";

/** A message that will be sent later. */
export interface Scheduled {
  _id: Id;
  channelId: Id;
  message: string;
  messageType: "text";
  clientId: string;
  parentMessageId: Id;
  mentions: Id[];
  confirmChannelMention: boolean;
  quoteMessageId: Id;
  sendAt: Timestamp;
  status: "waiting" | "sending" | "sent" | "failed" | "cancelled";
  /** Once sent. */
  messageId?: Id;
  /** Why it failed: a code of the error table, and a sentence. */
  code?: string;
  error?: string;
  createdAt: Timestamp;
  updatedAt: Timestamp;
}

export type ScheduleMessage = SendMessage & { sendAt: Timestamp };

export interface ScheduleChange {
  message?: string;
  sendAt?: Timestamp;
  mentions?: Id[];
  confirmChannelMention?: boolean;
}

export interface ScheduleRequests {
  scheduleMessage: { request: ScheduleMessage; ack: Ok & { scheduled: Scheduled } };
  changeScheduled: { request: ScheduleChange & { scheduledId: Id }; ack: Ok & { scheduled: Scheduled } };
  cancelScheduled: { request: Id; ack: Ok };
}

export interface SchedulePushes {
  scheduledChanged: { scheduled: Scheduled };
}

export interface ScheduleRest {
  "GET /api/communications/scheduled": { response: Answer<{ scheduled: Scheduled[] }> };
  "POST /api/communications/scheduled": { request: ScheduleMessage; response: Answer<{ scheduled: Scheduled }> };
  "PUT /api/communications/scheduled/{id}": { request: ScheduleChange; response: Answer<{ scheduled: Scheduled }> };
  "DELETE /api/communications/scheduled/{id}": { response: Answer<Record<string, never>> };
}
