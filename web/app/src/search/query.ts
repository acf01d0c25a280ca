import type { SearchQuery } from "@parley/client";
import type { SearchForm } from "../store/searchSlice";

const FLAGS = ["hasFile", "hasLink", "isPinned", "inThread"] as const;

/** What the form asks of the server; null while it asks nothing. */
export function queryOf(form: SearchForm): SearchQuery | null {
  const { text, channelId, senderId, from, until } = form;
  const query: SearchQuery = {};
  if (text.trim()) query.q = text.trim();
  if (channelId) query.channelId = channelId;
  if (senderId) query.senderId = senderId;
  FLAGS.forEach((flag) => form[flag] && (query[flag] = true));
  if (Object.keys(query).length === 0) return null; // days alone ask for everything
  const [after, before] = [dayStart(from), dayStart(until, 1)];
  if (after) query.after = after;
  if (before) query.before = before;
  return query;
}

/** How many filters are set. */
export function filterCount({ text: _, senderName: __, ...filters }: SearchForm): number {
  return Object.values(filters).filter(Boolean).length;
}

/** When a day begins here, some days later; undefined for no day. */
function dayStart(day: string, later = 0): string | undefined {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date || year < 1971 || year > 9997) return undefined; // half typed
  return new Date(year, month - 1, date + later).toISOString();
}
