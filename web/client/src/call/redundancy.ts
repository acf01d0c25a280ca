interface Preferable {
  setCodecPreferences?(codecs: RTCRtpCodec[]): void;
}

/** A codec's place: redundant sound (RFC 2198) first, and else the browser's own order. */
export function redundantFirst<T extends { mimeType: string }>(codecs: readonly T[]): T[] {
  const redundant = (codec: T) => codec.mimeType.toLowerCase() === "audio/red";
  return [...codecs.filter(redundant), ...codecs.filter((codec) => !redundant(codec))];
}

/**
 * Has each packet of a section's sound repeat the one before it, so that one that is lost is there again 20 ms later, at
 * about twice the 30 kbit/s of speech. Browsers do it only where it is their first choice; one that cannot leaves it.
 */
export function preferRedundancy(section: Preferable): void {
  const codecs = globalThis.RTCRtpReceiver?.getCapabilities?.("audio")?.codecs ?? [];
  const preferred = redundantFirst(codecs);
  if (preferred[0] === codecs[0] || !section.setCodecPreferences) return;
  try {
    section.setCodecPreferences(preferred);
  } catch {
    // Sound goes as the browser likes it, which is only less well protected.
  }
}
