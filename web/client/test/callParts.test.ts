import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { activate, cameraEncodings, layerCount, refit } from "../src/call/encodings";
import { Pushes, type PushTargets } from "../src/call/pushes";
import { causeOf, gradeOf } from "../src/call/quality";
import { FIRST_SLOTS, SlotMap, slotsFor } from "../src/call/slots";
import { computeViews, Viewer } from "../src/call/views";
import type { Push } from "../src/connection";
import type { ActiveSpeakers, PathQuality, Slot, View } from "../src/wire";

const slot = (mid: string, participantId: string, source: "camera" | "microphone" | "screen" = "camera"): Slot => ({
  mid,
  kind: source === "microphone" ? "audio" : "video",
  participantId,
  userId: `user of ${participantId}`,
  source,
});
const empty = (mid: string): Slot => ({ mid, kind: "video", participantId: null, userId: null, source: null });

describe("slots", () => {
  it("tell which section carries whom", () => {
    const slots = new SlotMap();
    slots.take([slot("2", "bob", "microphone"), slot("6", "bob"), empty("7")]);
    expect(slots.mid("bob", "camera")).toBe("6");
    expect(slots.mid("bob", "microphone")).toBe("2");
    expect(slots.mid("bob", "screen")).toBeNull();
    expect(slots.filled("video").map(({ mid }) => mid)).toEqual(["6"]);
  });

  it("move someone to another section, whichever word comes first", () => {
    const slots = new SlotMap();
    slots.take([slot("6", "bob"), slot("7", "carol")]);
    slots.take([slot("7", "bob"), slot("6", "carol")]);
    expect([slots.mid("bob", "camera"), slots.mid("carol", "camera")]).toEqual(["7", "6"]);
    slots.take([slot("8", "bob")]);
    expect(slots.filled("video").filter(({ participantId }) => participantId === "bob")).toHaveLength(1);
  });

  it("forget who left, and keep sections that a push does not list", () => {
    const slots = new SlotMap();
    slots.take([slot("6", "bob"), slot("2", "bob", "microphone"), slot("7", "carol")]);
    slots.leave("bob");
    expect(slots.mid("bob", "camera")).toBeNull();
    expect(slots.at("2")).toMatchObject({ kind: "audio", participantId: null });
    slots.take([empty("8")]);
    expect(slots.mid("carol", "camera")).toBe("7");
  });

  it("grow in steps and up to a bound", () => {
    expect(slotsFor(3, 0, FIRST_SLOTS)).toEqual(FIRST_SLOTS);
    expect(slotsFor(7, 0, FIRST_SLOTS)).toEqual({ audio: 8, video: 10 });
    expect(slotsFor(6, 1, FIRST_SLOTS).video).toBe(10);
    expect(slotsFor(49, 2, FIRST_SLOTS)).toEqual({ audio: 8, video: 24 });
    expect(slotsFor(1, 0, { audio: 8, video: 24 })).toEqual({ audio: 8, video: 24 });
  });
});

describe("views", () => {
  const shown = (participantId: string, width: number, height: number) => ({ participantId, source: "camera" as const, width, height });

  it("are in device pixels, rounded up, largest element first counted", () => {
    const views = computeViews([shown("b", 100, 56), shown("a", 320, 180), shown("a", 640, 360)], 2);
    expect(views).toEqual([
      { participantId: "a", source: "camera", width: 1280, height: 720 },
      { participantId: "b", source: "camera", width: 208, height: 112 },
    ]);
  });

  it("leave out what has no size", () => {
    expect(computeViews([shown("a", 0, 0), shown("b", 0, 90)], 1)).toEqual([]);
  });

  describe("sent", () => {
    beforeEach(() => void vi.useFakeTimers());
    afterEach(() => void vi.useRealTimers());

    const setUp = () => {
      const sent: View[][] = [];
      const viewer = new Viewer((views) => Promise.resolve(sent.push(views)), () => 1, 150);
      return { sent, viewer };
    };

    it("almost at once, then only when something changed", () => {
      const { sent, viewer } = setUp();
      const element = {};
      viewer.show(element, shown("a", 320, 180));
      viewer.show({}, shown("b", 320, 180));
      vi.advanceTimersByTime(25);
      expect(sent).toHaveLength(1);
      viewer.show(element, shown("a", 319, 180));
      vi.advanceTimersByTime(500);
      expect(sent).toHaveLength(1);
      viewer.show(element, null);
      vi.advanceTimersByTime(500);
      expect(sent.map((views) => views.length)).toEqual([2, 1]);
    });

    it("seldom while a layout is dragged about", () => {
      const { sent, viewer } = setUp();
      const element = {};
      for (let i = 0; i < 100; i++) {
        viewer.show(element, shown("a", 200 + 16 * i, 180));
        vi.advanceTimersByTime(10);
      }
      vi.advanceTimersByTime(200);
      expect(sent.length).toBeLessThan(10);
      expect(sent.at(-1)?.[0]?.width).toBe(1792);
    });

    it("again to a server that forgot, but never by a page that shows nothing", () => {
      const { sent, viewer } = setUp();
      viewer.resend();
      expect(sent).toHaveLength(0);
      viewer.show({}, shown("a", 320, 180));
      vi.advanceTimersByTime(25);
      viewer.resend();
      expect(sent).toHaveLength(2);
    });
  });
});

describe("encodings", () => {
  it("are as many as Chromium sends of the picture", () => {
    expect([1280 * 720, 960 * 540, 640 * 480, 640 * 360, 320 * 180].map((pixels) => layerCount({ width: pixels, height: 1 }))).toEqual([3, 3, 2, 2, 1]);
    expect(cameraEncodings({ width: 1280, height: 720 }).map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
    expect(cameraEncodings({ width: 640, height: 360 }).map(({ rid, scaleResolutionDownBy }) => [rid, scaleResolutionDownBy])).toEqual([["h", 2], ["f", 1]]);
    expect(cameraEncodings(null)).toHaveLength(3);
  });

  it("fit a camera that is smaller than the one they were announced for", () => {
    const fitted = refit(cameraEncodings(null), { width: 640, height: 360 });
    expect(fitted.map(({ active, scaleResolutionDownBy }) => [active, scaleResolutionDownBy])).toEqual([[true, 2], [true, 1], [false, 1]]);
    const large = refit(fitted, { width: 1280, height: 720 });
    expect(large.map(({ active, scaleResolutionDownBy }) => [active, scaleResolutionDownBy])).toEqual([[true, 4], [true, 2], [true, 1]]);
    const bitrates = large.map(({ maxBitrate }) => maxBitrate ?? 0);
    expect(bitrates).toEqual([...bitrates].sort((a, b) => a - b));
  });

  it("rest while nobody takes them, but never all of them", () => {
    const active = (used: number, wanted: string[]) => activate(cameraEncodings(null), used, wanted).map((each) => each.active);
    expect(active(3, ["q", "h"])).toEqual([true, true, false]);
    expect(active(3, ["f"])).toEqual([false, false, true]);
    expect(active(3, [])).toEqual([true, false, false]);
    expect(active(3, ["unknown"])).toEqual([true, false, false]);
    expect(active(2, ["f"])).toEqual([false, true, false]); // of a small picture there is no third layer
    expect(active(1, ["h", "f"])).toEqual([true, false, false]);
  });
});

describe("quality", () => {
  const path = (mos: number, cause: string | null = null) => ({ mos, rtt: 40, jitter: 3, loss: 0, cause });

  it("is that of the worse way", () => {
    expect(gradeOf({ uplink: null, downlink: null })).toBe("unknown");
    expect(gradeOf({ uplink: path(4.4), downlink: null })).toBe("excellent");
    expect(gradeOf({ uplink: path(4.4), downlink: path(3.6) })).toBe("good");
    expect(gradeOf({ uplink: path(3.2), downlink: path(4) })).toBe("fair");
    expect(gradeOf({ uplink: path(2.9), downlink: path(4) })).toBe("poor");
  });

  it("has the cause of the worse way, if that has one", () => {
    const of = (uplink: PathQuality | null, downlink: PathQuality | null) => causeOf({ callId: "c", participantId: "p", uplink, downlink, availableBitrate: null });
    expect(causeOf(null)).toBe(null);
    expect(of(path(4.4), path(4.3))).toBe(null);
    expect(of(path(2, "uplink loss 14 %"), path(3, "downlink loss 2 %"))).toBe("uplink loss 14 %");
    expect(of(path(4), path(3, "downlink loss 2 %"))).toBe("downlink loss 2 %");
    expect(of(path(4.2, "uplink jitter 60 ms"), path(4.1))).toBe("uplink jitter 60 ms");
    expect(of(null, path(4.1))).toBe(null);
  });
});

describe("what is pushed while a seat is asked for", () => {
  const speaks = (participantId: string, callId = "c") => ({ event: "activeSpeakers", data: { callId, dominant: participantId, speakers: [] } }) as Push;

  it("waits for the answer, also when a second one is waited for", () => {
    const heard: (string | null)[] = [];
    const pushes = new Pushes("c", () => false, { hear: ({ dominant }: ActiveSpeakers) => heard.push(dominant) } as unknown as PushTargets);
    pushes.take(speaks("a"));
    pushes.hold();
    pushes.take(speaks("b"));
    pushes.hold();
    pushes.take(speaks("x", "another call"));
    expect(heard).toEqual(["a"]);
    pushes.release();
    expect(heard).toEqual(["a", "b"]);
    pushes.release();
    pushes.take(speaks("d"));
    expect(heard).toEqual(["a", "b", "d"]);
  });

  it("is nothing to a call that is over", () => {
    let over = false;
    const heard: (string | null)[] = [];
    const pushes = new Pushes("c", () => over, { hear: ({ dominant }: ActiveSpeakers) => heard.push(dominant) } as unknown as PushTargets);
    pushes.hold();
    pushes.take(speaks("a"));
    over = true;
    pushes.release();
    expect(heard).toEqual([]);
  });
});
