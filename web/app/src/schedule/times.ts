/** A time as a field of the kind datetime-local has it: of this place, without seconds. */
export function toField(at: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The time in such a field; null when there is none, or it has passed. */
export function fromField(text: string, now = new Date()): Date | null {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) || at <= now ? null : at;
}

export interface Preset {
  label: string;
  at: Date;
}

/** When one may want something to be sent. */
export function presets(now = new Date()): Preset[] {
  const on = (days: number, hour: number) => {
    const at = new Date(now);
    at.setDate(at.getDate() + days);
    at.setHours(hour, 0, 0, 0);
    return at;
  };
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const later = now.getHours() < 16 ? [{ label: "This afternoon, 17:00", at: on(0, 17) }] : [];
  const monday = toMonday > 1 ? [{ label: "Monday, 9:00", at: on(toMonday, 9) }] : [];
  return [
    { label: "In an hour", at: new Date(now.getTime() + 3_600_000) },
    ...later,
    { label: "Tomorrow, 9:00", at: on(1, 9) },
    ...monday,
  ];
}
