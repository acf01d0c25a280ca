import type { Report, ReportReason } from "@parley/client";

export const REASONS: { value: ReportReason; label: string }[] = [
  { value: "harassment", label: "It harasses or threatens somebody" },
  { value: "inappropriate", label: "It does not belong at work" },
  { value: "confidential", label: "It gives away what is confidential" },
  { value: "spam", label: "It is spam" },
  { value: "other", label: "Something else" },
];

const SHORT: Record<Report["reason"], string> = {
  harassment: "Harassment",
  inappropriate: "Inappropriate",
  confidential: "Confidential",
  spam: "Spam",
  other: "Other",
  word_filter: "Word filter",
};

export const reasonLabel = (reason: Report["reason"]): string => SHORT[reason];

/** What was decided, in a line. */
export function decisionLine({ status, action, note }: Pick<Report, "status" | "action" | "note">): string {
  if (status === "open") return "";
  const done = status === "dismissed" ? "Dismissed" : action === "delete_message" ? "Message deleted" : action === "silence_member" ? "Member silenced" : "Resolved";
  return note ? `${done}: ${note}` : done;
}
