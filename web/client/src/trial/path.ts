import type { Api } from "../api";
import type { IceServer } from "../wire";
import { answerFor, placeOf, portOf, type TrialWay, turnServer } from "./answer";

/** How one way to the server turned out. `host` is empty for the server's own. */
export type PathOutcome =
  | { kind: "connected"; rttMs: number; host: string; port: number }
  | { kind: "blocked"; host: string; port: number }
  /** The server does not offer it. */
  | { kind: "absent" };

const CONNECT_MS = 7_000;

export type CreatePeer = (config: RTCConfiguration) => RTCPeerConnection;
export const browserPeer: CreatePeer = (config) => new RTCPeerConnection(config);

/** Connects to the server by one way and no other, without media, and leaves. A way counts as blocked when it fails twice. */
export async function tryPath(api: Api, way: TrialWay, signal: AbortSignal, create: CreatePeer = browserPeer): Promise<PathOutcome> {
  const outcome = await tryOnce(api, way, signal, create);
  return outcome.kind === "blocked" ? tryOnce(api, way, signal, create) : outcome;
}

async function tryOnce(api: Api, way: TrialWay, signal: AbortSignal, create: CreatePeer): Promise<PathOutcome> {
  const pc = create({ bundlePolicy: "max-bundle" });
  let testId: string | null = null;
  try {
    pc.addTransceiver("audio", { direction: "recvonly" });
    const offer = await pc.createOffer();
    const test = await api.startTest([{ kind: "play", sdp: offer.sdp ?? "" }]);
    testId = test.testId;
    signal.throwIfAborted();
    const target = targetOf(way, test.answers[0] ?? "", test.iceServers);
    if (!target) return { kind: "absent" };
    limitTo(pc, target);
    const connected = settled(pc, signal);
    await pc.setLocalDescription(offer); // ICE begins here, by the servers that are set by now
    await pc.setRemoteDescription({ type: "answer", sdp: target.sdp });
    const { host, port } = target;
    if (!(await connected)) return { kind: "blocked", host, port };
    return { kind: "connected", rttMs: await roundTrip(pc), host, port };
  } finally {
    pc.close();
    if (testId !== null) await api.endTest(testId).catch(() => {}); // it ends by itself, too
  }
}

/** Where a way leads. */
export interface Target {
  sdp: string;
  server: IceServer | null;
  host: string;
  port: number;
}

/** Has ICE go through a target's TURN server and by nothing else, if it has one. */
export function limitTo(pc: RTCPeerConnection, { server }: Target): void {
  if (server) pc.setConfiguration({ bundlePolicy: "max-bundle", iceTransportPolicy: "relay", iceServers: [server] });
}

export function targetOf(way: TrialWay, answer: string, servers: readonly IceServer[]): Target | null {
  const sdp = answerFor(answer, way);
  if (sdp === null) return null;
  if (way === "udp" || way === "tcp") return { sdp, server: null, host: "", port: portOf(answer, way) ?? 0 };
  const server = turnServer(servers, way);
  return server ? { sdp, server, ...placeOf(server) } : null;
}

/** True once it is connected, false when it fails or takes too long; rejects when it is aborted. */
function settled(pc: RTCPeerConnection, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const changed = () => {
      if (pc.connectionState === "connected") done(() => resolve(true));
      if (pc.connectionState === "failed" || pc.connectionState === "closed") done(() => resolve(false));
    };
    const aborted = () => done(() => reject(signal.reason as Error));
    const timer = setTimeout(() => done(() => resolve(false)), CONNECT_MS);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      pc.removeEventListener("connectionstatechange", changed);
      signal.removeEventListener("abort", aborted);
      settle();
    };
    pc.addEventListener("connectionstatechange", changed);
    signal.addEventListener("abort", aborted);
  });
}

interface PairStats {
  type: string;
  state?: string;
  nominated?: boolean;
  totalRoundTripTime?: number;
  responsesReceived?: number;
  currentRoundTripTime?: number;
}

/** The mean time of ICE's own checks. */
async function roundTrip(pc: RTCPeerConnection): Promise<number> {
  const pairs: PairStats[] = [...(await pc.getStats()).values()].filter((each: PairStats) => each.type === "candidate-pair");
  const pair = pairs.find((each) => each.nominated) ?? pairs.find((each) => each.state === "succeeded");
  if (!pair) return 0;
  if (pair.totalRoundTripTime !== undefined && pair.responsesReceived) return (pair.totalRoundTripTime / pair.responsesReceived) * 1000;
  return (pair.currentRoundTripTime ?? 0) * 1000;
}
