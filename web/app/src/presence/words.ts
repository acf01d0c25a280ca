import type { OwnStatus, Presence, Status } from "@parley/client";
import { clockTime, dayLabel } from "../lib/time";

export const STATUS_LABELS: Record<Status, string> = {
  online: "Online",
  away: "Away",
  dnd: "Do not disturb",
  offline: "Offline",
};

/** What one can say of oneself; offline is called invisible, since one is not. */
export const CHOICES: { value: Status; label: string; hint: string }[] = [
  { value: "online", label: "Online", hint: "Away by itself after five minutes" },
  { value: "away", label: "Away", hint: "" },
  { value: "dnd", label: "Do not disturb", hint: "Busy, whatever your devices say" },
  { value: "offline", label: "Invisible", hint: "Others see you as offline" },
];

/** The text that somebody has set, as long as it holds. */
export function customText(of: Pick<Presence, "customStatus" | "expiresAt"> | OwnStatus | null | undefined, now = Date.now()): string {
  if (!of?.customStatus) return "";
  return of.expiresAt && Date.parse(of.expiresAt) <= now ? "" : of.customStatus;
}

/** How somebody is, in a line: “Away · In a meeting”, “Last seen yesterday at 17:20”. */
export function presenceLine(presence: Presence | undefined, now = new Date()): string {
  if (!presence) return "";
  const custom = customText(presence, now.getTime());
  const status = presence.status === "offline" && presence.lastSeenAt ? lastSeen(presence.lastSeenAt, now) : STATUS_LABELS[presence.status];
  return custom ? `${status} · ${custom}` : status;
}

export function lastSeen(at: string, now = new Date()): string {
  const minutes = Math.floor((now.getTime() - Date.parse(at)) / 60_000);
  if (minutes < 1) return "Last seen just now";
  if (minutes < 60) return `Last seen ${minutes} ${minutes === 1 ? "minute" : "minutes"} ago`;
  const day = dayLabel(at, now);
  if (day === "Today") return `Last seen at ${clockTime(at)}`;
  return day === "Yesterday" ? `Last seen yesterday at ${clockTime(at)}` : `Last seen on ${day}`;
}

/** How long a status holds. */
export const EXPIRIES = [
  { value: "never", label: "Until I change it" },
  { value: "30m", label: "For 30 minutes" },
  { value: "1h", label: "For an hour" },
  { value: "4h", label: "For four hours" },
  { value: "today", label: "Until tomorrow" },
  { value: "week", label: "Until next week" },
] as const;

export type Expiry = (typeof EXPIRIES)[number]["value"];

const MINUTES: Partial<Record<Expiry, number>> = { "30m": 30, "1h": 60, "4h": 240 };

/** When a status is over that is set now; undefined for never. */
export function expiryTime(expiry: Expiry, now = new Date()): Date | undefined {
  if (expiry === "never") return undefined;
  const minutes = MINUTES[expiry];
  if (minutes !== undefined) return new Date(now.getTime() + minutes * 60_000);
  const end = new Date(now);
  const daysToMonday = (8 - end.getDay()) % 7 || 7;
  end.setDate(end.getDate() + (expiry === "week" ? daysToMonday : 1));
  end.setHours(0, 0, 0, 0);
  return end;
}
