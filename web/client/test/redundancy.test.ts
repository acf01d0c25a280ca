import { afterEach, describe, expect, it, vi } from "vitest";
import { preferRedundancy, redundantFirst } from "../src/call/redundancy";

const opus = { mimeType: "audio/opus", clockRate: 48000, channels: 2 };
const red = { mimeType: "audio/red", clockRate: 48000, channels: 2 };
const pcmu = { mimeType: "audio/PCMU", clockRate: 8000 };

function withCapabilities(codecs: RTCRtpCodec[]) {
  vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs, headerExtensions: [] }) });
}

describe("redundant sound", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("goes first, and the rest stays in order", () => {
    expect(redundantFirst([opus, red, pcmu])).toEqual([red, opus, pcmu]);
  });

  it("is what a section prefers", () => {
    withCapabilities([opus, red, pcmu]);
    const setCodecPreferences = vi.fn();
    preferRedundancy({ setCodecPreferences });
    expect(setCodecPreferences).toHaveBeenCalledExactlyOnceWith([red, opus, pcmu]);
  });

  it("is not asked of a browser that does not have it", () => {
    withCapabilities([opus, pcmu]);
    const setCodecPreferences = vi.fn();
    preferRedundancy({ setCodecPreferences });
    expect(setCodecPreferences).not.toHaveBeenCalled();
    expect(() => preferRedundancy({})).not.toThrow();
  });

  it("is not worth a call that fails", () => {
    withCapabilities([opus, red]);
    const setCodecPreferences = vi.fn(() => {
      throw new DOMException("", "InvalidModificationError");
    });
    expect(() => preferRedundancy({ setCodecPreferences })).not.toThrow();
    expect(setCodecPreferences).toHaveBeenCalledOnce();
  });
});
