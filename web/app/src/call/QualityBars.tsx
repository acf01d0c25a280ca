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

/** A connection's quality as four bars, with the cause of trouble: beside them when it is felt, else in the tip. */
export function QualityBars({ quality, name, cause }: QualityBarsProps) {
  if (quality === "unknown") return null;
  const words = name ? `${name}: ${WORDS[quality].toLowerCase()}` : WORDS[quality];
  const label = cause ? `${words}: ${cause}` : words;
  const felt = quality === "fair" || quality === "poor";
  return (
    <>
      {cause && felt && (
        <span className="quality-cause" aria-hidden="true">
          {cause}
        </span>
      )}
      <span className={`quality quality-${quality}`} role="img" aria-label={label} title={label} data-testid="quality">
        <i />
        <i />
        <i />
        <i />
      </span>
    </>
  );
}
