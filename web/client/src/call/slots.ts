import type { Slot, Source } from "../wire";

/** Who is in which section of the PeerConnection now, as the `slots` pushes tell it. */
export class SlotMap {
  private readonly byMid = new Map<string, Slot>();

  /** Takes a push: the sections it lists change, others stay. */
  take(slots: readonly Slot[]): void {
    for (const slot of slots) {
      // A participant's source is in one section at most; the newer word wins.
      if (slot.participantId !== null) this.forget(slot.participantId, slot.source);
      this.byMid.set(slot.mid, slot);
    }
  }

  /** The section that carries a participant's source, if one does. */
  mid(participantId: string, source: Source): string | null {
    for (const slot of this.byMid.values()) {
      if (slot.participantId === participantId && slot.source === source) return slot.mid;
    }
    return null;
  }

  at(mid: string): Slot | null {
    return this.byMid.get(mid) ?? null;
  }

  /** Sections of a kind that carry something. */
  filled(kind: "audio" | "video"): Slot[] {
    return [...this.byMid.values()].filter((slot) => slot.kind === kind && slot.participantId !== null);
  }

  /** Empties the sections of someone who left; the push that says so may come later. */
  leave(participantId: string): void {
    for (const slot of this.byMid.values()) {
      if (slot.participantId === participantId) this.empty(slot);
    }
  }

  clear(): void {
    this.byMid.clear();
  }

  private forget(participantId: string, source: Source): void {
    for (const slot of this.byMid.values()) {
      if (slot.participantId === participantId && slot.source === source) this.empty(slot);
    }
  }

  private empty({ mid, kind }: Slot): void {
    this.byMid.set(mid, { mid, kind, participantId: null, userId: null, source: null });
  }
}

export interface SlotCount {
  audio: number;
  video: number;
}

export const FIRST_SLOTS: SlotCount = { audio: 4, video: 6 };
/** Above this many the server chooses: the loudest, and those in view. */
const MOST_SLOTS: SlotCount = { audio: 8, video: 24 };

/** How many receiving sections a call with so many others needs. Grows in steps, so that a join seldom costs an offer. */
export function slotsFor(others: number, screens: number, present: SlotCount): SlotCount {
  const grow = (wanted: number, now: number, most: number) =>
    wanted <= now ? now : Math.min(most, Math.max(wanted, now + 4));
  return {
    audio: grow(others + screens, present.audio, MOST_SLOTS.audio),
    video: grow(others + screens, present.video, MOST_SLOTS.video),
  };
}
