/** What sound met on its way over one direction of a call. */
export interface Way {
  rttMs: number;
  jitterMs: number;
  /** Packets that were lost, 0 to 1. */
  loss: number;
}

const BEST = 93.2;
const OPUS_BPL = 20;
const CODEC_MS = 26.5;
const LEAST_BUFFER_MS = 40;

/**
 * How good speech sounds, from 1 (bad) to 4.4: the E-model of ITU-T G.107 with the values that the server uses, which
 * docs/quality.md explains.
 */
export function soundScore({ rttMs, jitterMs, loss }: Way): number {
  const delay = rttMs / 2 + Math.max(LEAST_BUFFER_MS, 3 * jitterMs) + CODEC_MS;
  const percent = Math.min(Math.max(loss, 0), 1) * 100;
  const rating = Math.max(BEST - delayImpairment(delay) - (95 * percent) / (percent + OPUS_BPL), 0);
  if (rating <= 0) return 1;
  return Math.max(1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6, 1);
}

/** Idd of equation 7-27. */
function delayImpairment(ms: number): number {
  if (ms <= 100) return 0;
  const x = Math.log2(ms / 100);
  const sixth = (value: number) => (1 + value ** 6) ** (1 / 6);
  return 25 * (sixth(x) - 3 * sixth(x / 3) + 2);
}
