import type { AuditEntry } from "@parley/client";
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

/** The particulars of an entry in a line. */
export function detailsLine({ details }: Pick<AuditEntry, "details">): string {
  return facts(details).join(" · ");
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
