import type { Scheduled, ScheduleChange, Sender } from "@parley/client";

/** A message names no more people. */
const MOST = 20;

/**
 * What to ask of the server when a message that waits is changed. Those whom it named before stay among the ids, since their
 * names may not be known here any more: the server leaves out whose names are not in the text.
 */
export function changeOf(before: Scheduled, message: string, at: Date, named: readonly Sender[], confirmChannelMention: boolean): ScheduleChange {
  const mentions = [...new Set([...named.map(({ _id }) => _id), ...before.mentions])].slice(0, MOST);
  return { message, sendAt: at.toISOString(), mentions, ...(confirmChannelMention ? { confirmChannelMention } : {}) };
}
