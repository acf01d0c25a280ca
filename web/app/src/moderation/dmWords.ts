import type { DMOpened, Sender } from "@parley/client";
import { listed } from "../lib/names";
import { clockTime } from "../lib/time";

export const MIN_REASON = 10;
export const MAX_REASON = 1_000;

/** Whose direct messages they are. */
export const between = (people: readonly Pick<Sender, "name">[]): string => (people.length > 0 ? listed(people.map(({ name }) => name)) : "two people");

/** What the other admins hear of it. */
export const openedLine = ({ actorName, people, reason, until }: DMOpened): string =>
  `${actorName} reads the direct messages of ${between(people)} until ${clockTime(until)}: “${reason}”`;

/** Why a reason does not do yet; empty when it does. */
export function reasonProblem(reason: string): string {
  const length = [...reason.trim()].length;
  if (length < MIN_REASON) return `At least ${MIN_REASON} characters.`;
  return length > MAX_REASON ? `At most ${MAX_REASON.toLocaleString()} characters.` : "";
}
