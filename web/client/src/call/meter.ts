import type { Peer } from "./peer";
import { type Counters, judge, type Quality, readCounters, Speakers } from "./quality";
import type { SlotMap } from "./slots";

const LEVEL_MS = 200;
const QUALITY_MS = 3_000;

interface Measured {
  peer: Peer | null;
  slots: SlotMap;
  self: string;
}

/** Measures, while a call lasts, who speaks and how good the connection is. */
export class Meter {
  private readonly speakers = new Speakers();
  private levels: ReturnType<typeof setInterval> | undefined;
  private quality: ReturnType<typeof setInterval> | undefined;
  private before: Counters | null = null;
  private busy = false;

  constructor(
    private readonly measured: () => Measured,
    private readonly onSpeaking: (speaking: ReadonlySet<string>) => void,
    private readonly onQuality: (quality: Quality) => void,
  ) {}

  get speaking(): ReadonlySet<string> {
    return this.speakers.speaking;
  }

  start(): void {
    this.stop();
    this.before = null;
    this.levels = setInterval(() => void this.measureLevels(), LEVEL_MS);
    this.quality = setInterval(() => void this.measureQuality(), QUALITY_MS);
  }

  stop(): void {
    clearInterval(this.levels);
    clearInterval(this.quality);
  }

  private async measureLevels(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    try {
      const { peer, slots, self } = this.measured();
      const levels = new Map<string, number>();
      for (const { mid, participantId } of slots.filled("audio")) {
        const receiver = peer?.received(mid);
        if (!receiver || participantId === null) continue;
        levels.set(participantId, Math.max(levels.get(participantId) ?? 0, await receivedLevel(receiver)));
      }
      const sender = peer?.sender("microphone");
      if (sender?.track?.enabled) levels.set(self, level(await sender.getStats(), "media-source"));
      if (this.speakers.take(levels, Date.now())) this.onSpeaking(this.speakers.speaking);
    } catch {
      // A connection closed in between has no levels.
    } finally {
      this.busy = false;
    }
  }

  private async measureQuality(): Promise<void> {
    const pc = this.measured().peer?.pc;
    if (!pc || pc.connectionState === "closed") return;
    const counters = readCounters((await pc.getStats()).values());
    const quality = judge(this.before, counters);
    this.before = counters;
    this.onQuality(quality);
  }
}

/** The level out of the packets' own header where the sender wrote it, else of the decoded sound. */
async function receivedLevel(receiver: RTCRtpReceiver): Promise<number> {
  const source = receiver.getSynchronizationSources?.()[0];
  if (source?.audioLevel !== undefined) return source.audioLevel;
  return level(await receiver.getStats(), "inbound-rtp");
}

function level(report: RTCStatsReport, type: string): number {
  for (const stat of report.values() as Iterable<Record<string, unknown>>) {
    if (stat["type"] === type && typeof stat["audioLevel"] === "number") return stat["audioLevel"];
  }
  return 0;
}
