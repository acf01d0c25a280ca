import type { ConnectionQuality, Grade } from "../wire";

/** How good one's own connection is; unknown while no media is under way. */
export type Quality = "unknown" | Grade;

/** The worse of both ways, in the steps that the server uses for everyone. */
export function gradeOf({ uplink, downlink }: Pick<ConnectionQuality, "uplink" | "downlink">): Quality {
  const scores = [uplink, downlink].flatMap((path) => (path ? [path.mos] : []));
  if (scores.length === 0) return "unknown";
  const worst = Math.min(...scores);
  if (worst >= 4) return "excellent";
  if (worst >= 3.5) return "good";
  return worst >= 3 ? "fair" : "poor";
}

/** What weighs most on the connection, in words; null when nothing does. */
export function causeOf(quality: ConnectionQuality | null): string | null {
  if (!quality) return null;
  const { uplink, downlink } = quality;
  const [worse, better] = (uplink?.mos ?? 5) <= (downlink?.mos ?? 5) ? [uplink, downlink] : [downlink, uplink];
  return worse?.cause ?? better?.cause ?? null;
}
