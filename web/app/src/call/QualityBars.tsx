import type { Quality } from "@parley/client";

const WORDS: Record<Exclude<Quality, "unknown">, string> = {
  excellent: "Excellent connection",
  good: "Good connection",
  fair: "Fair connection",
  poor: "Poor connection",
};

interface QualityBarsProps {
  quality: Quality;
  /** Whose connection, when it is another's. */
  name?: string;
  cause?: string | null;
}

/** A connection's quality as four bars; the cause of trouble is in the tip. */
export function QualityBars({ quality, name, cause }: QualityBarsProps) {
  if (quality === "unknown") return null;
  const words = name ? `${name}: ${WORDS[quality].toLowerCase()}` : WORDS[quality];
  const label = cause ? `${words}: ${cause}` : words;
  return (
    <span className={`quality quality-${quality}`} role="img" aria-label={label} title={label} data-testid="quality">
      <i />
      <i />
      <i />
      <i />
    </span>
  );
}
