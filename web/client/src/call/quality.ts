export type Quality = "unknown" | "good" | "fair" | "poor";

/** Counters of one moment, summed over the streams received. */
export interface Counters {
  received: number;
  lost: number;
  /** Of what was sent, the share that the server reports lost, 0 to 1. */
  sentLoss: number;
  /** Seconds; null until the first check. */
  roundTrip: number | null;
}

/** Reads what the judgement needs out of a stats report. */
export function readCounters(report: Iterable<Record<string, unknown>>): Counters {
  const counters: Counters = { received: 0, lost: 0, sentLoss: 0, roundTrip: null };
  for (const stat of report) {
    if (stat["type"] === "inbound-rtp") {
      counters.received += number(stat["packetsReceived"]);
      counters.lost += Math.max(0, number(stat["packetsLost"]));
    } else if (stat["type"] === "remote-inbound-rtp") {
      counters.sentLoss = Math.max(counters.sentLoss, number(stat["fractionLost"]));
    } else if (stat["type"] === "candidate-pair" && stat["nominated"] === true && stat["state"] === "succeeded") {
      if (typeof stat["currentRoundTripTime"] === "number") counters.roundTrip = stat["currentRoundTripTime"];
    }
  }
  return counters;
}

function number(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

/** How the time between two moments was, in the terms a person would use. */
export function judge(before: Counters | null, now: Counters): Quality {
  if (now.roundTrip === null) return "unknown";
  const lost = before ? Math.max(0, now.lost - before.lost) : 0;
  const received = before ? Math.max(0, now.received - before.received) : 0;
  const loss = Math.max(lost + received > 0 ? lost / (lost + received) : 0, now.sentLoss);
  if (loss > 0.08 || now.roundTrip > 0.5) return "poor";
  if (loss > 0.02 || now.roundTrip > 0.25) return "fair";
  return "good";
}

const SPEAKING_LEVEL = 0.015;
const HOLD_MS = 700;

/** Who speaks, from levels measured now and then; a pause between words does not end it. */
export class Speakers {
  private readonly until = new Map<string, number>();
  private current: ReadonlySet<string> = new Set();

  get speaking(): ReadonlySet<string> {
    return this.current;
  }

  /** Takes levels of 0 to 1; true when who speaks has changed. */
  take(levels: ReadonlyMap<string, number>, now: number): boolean {
    for (const [id, level] of levels) if (level >= SPEAKING_LEVEL) this.until.set(id, now + HOLD_MS);
    for (const [id, until] of this.until) if (until < now || !levels.has(id)) this.until.delete(id);
    const same = this.until.size === this.current.size && [...this.until.keys()].every((id) => this.current.has(id));
    if (!same) this.current = new Set(this.until.keys());
    return !same;
  }
}
