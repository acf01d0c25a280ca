import type { AuditEntry } from "@parley/client";

/** An action of the audit log in words: “member_silenced” as “Member silenced”. */
export function actionLabel(action: string): string {
  const words = action.replace(/([a-z])([A-Z])/g, "$1 $2").split(/[\s._-]+/).join(" ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The particulars of an entry in a line. */
export function detailsLine({ details }: Pick<AuditEntry, "details">): string {
  return facts(details).join(" · ");
}

function facts(of: Record<string, unknown>): string[] {
  return Object.entries(of).flatMap(([name, value]) => {
    if (Array.isArray(value)) return value.length > 0 ? [`${actionLabel(name)}: ${value.map(inWords).join(", ")}`] : [];
    if (typeof value === "object" && value !== null) return facts(value as Record<string, unknown>);
    return value === null || value === "" ? [] : [`${actionLabel(name)}: ${inWords(value)}`];
  });
}

const inWords = (value: unknown): string => (typeof value === "boolean" ? (value ? "yes" : "no") : typeof value === "string" ? value : JSON.stringify(value));
