import type { Api } from "../api";
import { ParleyError } from "../errors";
import type { TrialWay } from "./answer";
import { browserPeer, type CreatePeer, limitTo, targetOf } from "./path";
import { type Measurement, type Reading, reading, summarize } from "./samples";
import { testPicture } from "./testPicture";
import { twice } from "./twice";

const SECONDS = 8;
const CONNECT_MS = 10_000;
/** As a camera sends at its best. */
const MAX_BPS = 2_500_000;

export interface MeasureOptions {
  /** By which way: the best that works. */
  way: TrialWay;
  signal: AbortSignal;
  /** How far it is, 0 to 1. */
  onProgress?: (done: number) => void;
  create?: CreatePeer;
}

/** Sends a test picture to the server, receives it back, and says how that went. Takes about ten seconds; twice that when it goes wrong once. */
export function measure(api: Api, options: MeasureOptions): Promise<Measurement> {
  return twice(() => measureOnce(api, options));
}

async function measureOnce(api: Api, { way, signal, onProgress, create = browserPeer }: MeasureOptions): Promise<Measurement> {
  const picture = testPicture();
  const out = create({ bundlePolicy: "max-bundle" });
  const back = create({ bundlePolicy: "max-bundle" });
  let testId: string | null = null;
  try {
    testId = await connect(api, way, out, back, picture, signal);
    const readings: Reading[] = [];
    for (let second = 0; second <= SECONDS; second++) {
      if (second > 0) await pause(1_000, signal);
      readings.push(reading(performance.now(), (await out.getStats()).values(), (await back.getStats()).values()));
      onProgress?.(second / SECONDS);
    }
    const result = summarize(readings);
    if (!result) throw new ParleyError("no_media", "The test picture did not come back.");
    return result;
  } finally {
    out.close();
    back.close();
    picture.stop();
    if (testId !== null) await api.endTest(testId).catch(() => {}); // it ends by itself, too
  }
}

async function connect(
  api: Api,
  way: TrialWay,
  out: RTCPeerConnection,
  back: RTCPeerConnection,
  picture: { audio: MediaStreamTrack; video: MediaStreamTrack },
  signal: AbortSignal,
): Promise<string> {
  out.addTransceiver(picture.audio, { direction: "sendonly" });
  out.addTransceiver(picture.video, { direction: "sendonly", sendEncodings: [{ maxBitrate: MAX_BPS }] });
  for (const kind of ["audio", "video"]) back.addTransceiver(kind, { direction: "recvonly" });
  const [publish, play] = [await out.createOffer(), await back.createOffer()];
  const test = await api.startTest([
    { kind: "publish", sdp: publish.sdp ?? "" },
    { kind: "play", sdp: play.sdp ?? "" },
  ]);
  try {
    for (const [pc, offer, answer] of [[out, publish, test.answers[0]], [back, play, test.answers[1]]] as const) {
      const target = targetOf(way, answer ?? "", test.iceServers);
      if (!target) throw new ParleyError("no_path", "The server does not offer this way any more.");
      limitTo(pc, target);
      await pc.setLocalDescription(offer);
      await pc.setRemoteDescription({ type: "answer", sdp: target.sdp });
    }
    const end = performance.now() + CONNECT_MS;
    while (out.connectionState !== "connected" || back.connectionState !== "connected") {
      if (performance.now() > end) throw new ParleyError("no_path", "The test call did not connect, though the server was reached this way a moment ago.");
      await pause(100, signal);
    }
    return test.testId;
  } catch (error) {
    await api.endTest(test.testId).catch(() => {}); // it ends by itself, too
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const aborted = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", aborted);
      resolve();
    }, ms);
    signal.addEventListener("abort", aborted, { once: true });
    if (signal.aborted) aborted();
  });
}
