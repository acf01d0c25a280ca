interface Size {
  width: number;
  height: number;
}

// Chromium encodes fewer simulcast layers of small pictures and drops the last ones without a word: three from 960x540,
// two from 480x270, else one. Asked for q, h and f of 640x360 it would never send f, so nobody would ever get 360p.
const THREE_LAYERS = 960 * 540;
const TWO_LAYERS = 480 * 270;

const F = { rid: "f", maxBitrate: 1_700_000 };
const H = { rid: "h", maxBitrate: 500_000 };
const Q = { rid: "q", maxBitrate: 150_000 };

/** How many layers Chromium sends of a picture of this size. */
export function layerCount({ width, height }: Size): 1 | 2 | 3 {
  if (width * height >= THREE_LAYERS) return 3;
  return width * height >= TWO_LAYERS ? 2 : 1;
}

/** The simulcast layers to announce for a camera; for one that is still off, those of a large picture. */
export function cameraEncodings(size: Size | null): RTCRtpEncodingParameters[] {
  const layers = size ? layerCount(size) : 3;
  if (layers === 3) {
    return [
      { ...Q, scaleResolutionDownBy: 4 },
      { ...H, scaleResolutionDownBy: 2 },
      { ...F, scaleResolutionDownBy: 1 },
    ];
  }
  if (layers === 2) {
    return [
      { ...H, scaleResolutionDownBy: 2 },
      { ...F, maxBitrate: 900_000, scaleResolutionDownBy: 1 },
    ];
  }
  return [{ ...F, maxBitrate: 300_000, scaleResolutionDownBy: 1 }];
}

/**
 * The announced layers are fixed, but the camera behind them can change. Gives each announced layer its scale for the
 * picture it now gets: the first ones, which Chromium keeps, share the picture's full size between them, and the rest rest.
 */
export function refit<T extends RTCRtpEncodingParameters>(announced: readonly T[], size: Size): T[] {
  const used = Math.min(announced.length, layerCount(size));
  return announced.map((encoding, index) => ({
    ...encoding,
    active: index < used,
    scaleResolutionDownBy: index < used ? 2 ** (used - 1 - index) : 1,
    maxBitrate: bitrate(size, index < used ? used - 1 - index : 0),
  }));
}

/**
 * Switches on, of the first `used` layers, those that somebody takes. A layer that is wanted but not among them is stood in
 * for by the largest that is, and one always stays on: a sender with none would have to begin from nothing.
 */
export function activate<T extends RTCRtpEncodingParameters>(
  encodings: readonly T[],
  used: number,
  wanted: readonly string[],
): T[] {
  const on = new Set(
    encodings.flatMap(({ rid }, index) => (rid && wanted.includes(rid) ? [Math.min(index, used - 1)] : [])),
  );
  if (on.size === 0) on.add(0);
  return encodings.map((encoding, index) => ({ ...encoding, active: on.has(index) }));
}

/** Enough for talking heads at 30 frames a second: about 0.06 bits a pixel, more for small pictures. */
function bitrate({ width, height }: Size, halvings: number): number {
  const pixels = (width * height) / 4 ** halvings;
  if (pixels >= 1280 * 720) return 1_700_000;
  if (pixels >= 960 * 540) return 1_200_000;
  if (pixels >= 640 * 360) return 700_000;
  if (pixels >= 320 * 180) return 300_000;
  return 150_000;
}

/** A screen keeps its resolution, so that text stays readable, and gives up frames first. */
export const SCREEN_ENCODINGS: RTCRtpEncodingParameters[] = [{ maxBitrate: 2_500_000, maxFramerate: 15 }];
