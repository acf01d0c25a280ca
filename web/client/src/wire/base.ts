export type Id = string;

/** An instant as RFC 3339 in UTC with milliseconds. */
export type Timestamp = string;

export type Role = "admin" | "manager" | "user" | "client";

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

/** What every request is answered with when it fails. */
export interface Failure {
  error: string;
  code: string;
  details?: Record<string, unknown>;
  retryAfterMs?: number;
}

export interface Ok {
  success: true;
}

export interface Answer<T> {
  success: true;
  data: T;
}
