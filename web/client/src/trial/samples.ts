import { soundScore, type Way } from "./mos";

/** One reading of both connections' statistics. Totals since the beginning, but for the round trip and the jitter. */
export interface Reading {
  atMs: number;
  up: { sent: number; lost: number; bytes: number; rttMs: number | null; jitterMs: number; availableBps: number | null };
  down: { received: number; lost: number; bytes: number; jitterMs: number };
}

/** What a test call of one's own showed. */
export interface Measurement {
  up: Way & { bps: number };
  down: Way & { bps: number };
  /** Of 1 to 5, the worse of both directions. */
  score: number;
}

type Row = Record<string, unknown> & { type: string };

const numberIn = (row: Row | undefined, key: string): number => (typeof row?.[key] === "number" ? row[key] : 0);
const sum = (rows: readonly Row[], key: string): number => rows.reduce((total, row) => total + numberIn(row, key), 0);

/** Reads what matters out of getStats() of the sender and of the receiver. */
export function reading(atMs: number, sender: Iterable<Row>, receiver: Iterable<Row>): Reading {
  const out = [...sender];
  const sent = out.filter((row) => row.type === "outbound-rtp");
  const reports = out.filter((row) => row.type === "remote-inbound-rtp");
  const incoming = [...receiver].filter((row) => row.type === "inbound-rtp");
  const pair = out.find((row) => row.type === "candidate-pair" && row["nominated"] === true);
  const trips = reports.filter((row) => numberIn(row, "roundTripTimeMeasurements") > 0).map((row) => numberIn(row, "roundTripTime"));
  return {
    atMs,
    up: {
      sent: sum(sent, "packetsSent"),
      lost: sum(reports, "packetsLost"),
      bytes: sum(sent, "bytesSent"),
      rttMs: pair && numberIn(pair, "currentRoundTripTime") > 0 ? numberIn(pair, "currentRoundTripTime") * 1000 : trips.length > 0 ? Math.min(...trips) * 1000 : null,
      jitterMs: Math.max(0, ...reports.filter((row) => row["kind"] === "audio").map((row) => numberIn(row, "jitter") * 1000)),
      availableBps: pair && numberIn(pair, "availableOutgoingBitrate") > 0 ? numberIn(pair, "availableOutgoingBitrate") : null,
    },
    down: {
      received: sum(incoming, "packetsReceived"),
      lost: sum(incoming, "packetsLost"),
      bytes: sum(incoming, "bytesReceived"),
      jitterMs: Math.max(0, ...incoming.filter((row) => row["kind"] === "audio").map((row) => numberIn(row, "jitter") * 1000)),
    },
  };
}

/** What the readings come to; null when too little was sent or received to say anything. */
export function summarize(readings: readonly Reading[]): Measurement | null {
  const first = readings[0];
  const last = readings[readings.length - 1];
  const middle = readings[Math.floor(readings.length / 2)];
  if (!first || !middle || !last || last === first) return null;
  const sent = last.up.sent - first.up.sent;
  const received = last.down.received - first.down.received;
  if (sent < 50 || received < 50) return null;
  const trips = readings.flatMap(({ up }) => (up.rttMs === null ? [] : [up.rttMs]));
  const rttMs = median(trips);
  // What is lost on the way up cannot come down, and the server makes no holes of it that would count twice.
  const up = { rttMs, jitterMs: median(readings.map((each) => each.up.jitterMs)), loss: ratio(last.up.lost - first.up.lost, sent) };
  const lostDown = last.down.lost - first.down.lost;
  const down = { rttMs, jitterMs: median(readings.map((each) => each.down.jitterMs)), loss: ratio(lostDown, received + lostDown) };
  // The second half of the time, when the browser has found out how much it may send.
  const bps = (bytes: (each: Reading) => number) => ((bytes(last) - bytes(middle)) * 8_000) / Math.max(1, last.atMs - middle.atMs);
  const upBps = Math.max(bps((each) => each.up.bytes), last.up.availableBps ?? 0);
  return {
    up: { ...up, bps: upBps },
    down: { ...down, bps: bps((each) => each.down.bytes) },
    score: Math.min(soundScore(up), soundScore(down)),
  };
}

const ratio = (part: number, whole: number): number => (whole > 0 ? Math.min(Math.max(part / whole, 0), 1) : 0);

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
