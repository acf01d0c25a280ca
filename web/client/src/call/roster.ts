import type { Participant } from "../wire";
import { type SlotCount, slotsFor } from "./slots";

export type Roster = readonly Participant[];

/** With one more; someone who is there already is known better now. */
export function withParticipant(roster: Roster, participant: Participant): Roster {
  return [...without(roster, participant.participantId), participant];
}

export function without(roster: Roster, participantId: string): Roster {
  return roster.filter((each) => each.participantId !== participantId);
}

/** With something new about one of them; the same roster when they are not in it. */
export function withUpdate(roster: Roster, participantId: string, part: Partial<Participant>): Roster {
  if (!roster.some((each) => each.participantId === participantId)) return roster;
  return roster.map((each) => (each.participantId === participantId ? { ...each, ...part } : each));
}

/** How many sections are needed to hear and see all of them. */
export function slotsNeeded(roster: Roster, present: SlotCount): SlotCount {
  return slotsFor(roster.length, roster.filter((each) => each.isSharingScreen).length, present);
}
