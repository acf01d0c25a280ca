import type { AuditEntry } from "@parley/client";

/** An action of the audit log in words: “member.silenced” and “silenceMember” alike as “Member silenced”. */
export function actionLabel(action: string): string {
  const words = action.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[\s._-]+/).join(" ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The particulars of an entry in a line. */
export function detailsLine({ details }: Pick<AuditEntry, "details">): string {
  return Object.entries(details)
    .filter(([, value]) => value !== null && value !== "" && value !== undefined)
    .map(([name, value]) => `${actionLabel(name)}: ${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
    .join(" · ");
}
