import type { AuditEntry } from "@parley/client";
import { listed } from "../lib/names";
import { fullTime } from "../lib/time";

const ACTIONS: Record<string, string> = { dm_opened: "Others’ direct messages opened", dm_read: "Others’ direct messages read" };

/** An action of the audit log in words: “member_silenced” as “Member silenced”. */
export function actionLabel(action: string): string {
  return ACTIONS[action] ?? inPlainWords(action);
}

function inPlainWords(action: string): string {
  const words = action.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[\s._-]+/).join(" ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

type Particulars = Pick<AuditEntry, "userId" | "userName" | "details">;

/** The particulars of an entry in a line: where, about whom, and what else. Whose name is not known has their id. */
export function particularsLine({ userId, userName, details }: Particulars, where: string, names: ReadonlyMap<string, string>): string {
  const { userIds, ...rest } = details;
  const nameOf = (id: string) => (id === userId && userName) || (names.get(id) ?? id);
  const about = [userId, ...(Array.isArray(userIds) ? userIds : [])].filter((id) => typeof id === "string").map(nameOf);
  const parts = [where && `in ${where}`, about.length > 0 && `about ${listed(about, about.length)}`, ...facts(rest)];
  return parts.filter(Boolean).join(" · ");
}

function facts(of: Record<string, unknown>): string[] {
  return Object.entries(of).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.length > 0 ? [`${inPlainWords(name)}: ${value.map(inWords).join(", ")}`] : [];
    if (typeof value === "object" && value !== null) return facts(value as Record<string, unknown>);
    return value === null || value === "" ? [] : [`${inPlainWords(name)}: ${inWords(value)}`];
  });
}

const TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

function inWords(value: unknown): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "string") return JSON.stringify(value);
  return TIME.test(value) ? fullTime(value) : value;
}
