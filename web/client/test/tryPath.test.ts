import { describe, expect, it, vi } from "vitest";
import { Api } from "../src/api";
import { tryPath } from "../src/trial/path";

/** A PeerConnection that becomes what the test says once it has its answer. */
class FakePeer extends EventTarget {
  connectionState: RTCPeerConnectionState = "new";
  closed = false;
  config: RTCConfiguration | null = null;
  remote = "";
  order: string[] = [];

  constructor(private readonly becomes: RTCPeerConnectionState) {
    super();
  }

  addTransceiver(): void {}
  createOffer(): Promise<RTCSessionDescriptionInit> {
    return Promise.resolve({ type: "offer", sdp: "offer" });
  }
  setConfiguration(config: RTCConfiguration): void {
    this.config = config;
    this.order.push("configuration");
  }
  setLocalDescription(): Promise<void> {
    this.order.push("local");
    return Promise.resolve();
  }
  setRemoteDescription({ sdp }: RTCSessionDescriptionInit): Promise<void> {
    this.remote = sdp ?? "";
    this.connectionState = this.becomes;
    this.dispatchEvent(new Event("connectionstatechange"));
    return Promise.resolve();
  }
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(new Map([["pair", { type: "candidate-pair", nominated: true, totalRoundTripTime: 0.1, responsesReceived: 5 }]]));
  }
  close(): void {
    this.closed = true;
  }
}

const answer = ["v=0", "a=candidate:1 1 udp 1 192.0.2.1 8080 typ host", ""].join("\r\n");
const iceServers = [{ urls: ["turns:turn.example:443?transport=tcp"], username: "u", credential: "c" }];

function set(becomes: RTCPeerConnectionState, fail = false) {
  const peer = new FakePeer(becomes);
  const requests: string[] = [];
  const api = new Api({
    fetch: (url, init) => {
      requests.push(`${init?.method} ${String(url)}`);
      const data = init?.method === "POST" ? { testId: "t1", answers: [answer], expiresAt: "", iceServers } : {};
      const body = fail ? { error: "No.", code: "tests_full" } : { success: true, data };
      return Promise.resolve(new Response(JSON.stringify(body), { status: fail ? 503 : 200 }));
    },
  });
  const signal = new AbortController();
  const run = (way: Parameters<typeof tryPath>[1]) => tryPath(api, way, signal.signal, () => peer as unknown as RTCPeerConnection);
  return { peer, requests, run, signal };
}

describe("a way to the server", () => {
  it("that works tells how long it takes, and leaves nothing behind", async () => {
    const { peer, requests, run } = set("connected");
    expect(await run("udp")).toEqual({ kind: "connected", rttMs: 20, host: "", port: 8080 });
    expect(peer.closed).toBe(true);
    expect(requests).toEqual(["POST /api/connection-test", "DELETE /api/connection-test/t1"]);
  });

  it("over TURN has only that server, before ICE begins", async () => {
    const { peer, run } = set("connected");
    expect(await run("turn-tls")).toEqual({ kind: "connected", rttMs: 20, host: "turn.example", port: 443 });
    expect(peer.config).toMatchObject({ iceTransportPolicy: "relay", iceServers: [{ urls: ["turns:turn.example:443?transport=tcp"] }] });
    expect(peer.order).toEqual(["configuration", "local"]);
  });

  it("that fails is blocked, with the port to open", async () => {
    const { run } = set("failed");
    expect(await run("udp")).toEqual({ kind: "blocked", host: "", port: 8080 });
  });

  it("that takes too long is blocked", async () => {
    vi.useFakeTimers();
    const { run, peer } = set("connecting");
    const outcome = run("udp");
    await vi.advanceTimersByTimeAsync(14_000);
    expect(await outcome).toMatchObject({ kind: "blocked" });
    expect(peer.closed).toBe(true);
    vi.useRealTimers();
  });

  it("that the server does not offer is absent", async () => {
    for (const way of ["tcp", "turn-udp", "turn-tcp"] as const) {
      const { run, requests } = set("connected");
      expect(await run(way)).toEqual({ kind: "absent" });
      expect(requests).toHaveLength(2);
    }
  });

  it("is given up when the page goes, and ended at the server", async () => {
    const { run, signal, peer, requests } = set("connecting");
    const outcome = run("udp");
    setTimeout(() => signal.abort(new Error("gone")));
    await expect(outcome).rejects.toThrow("gone");
    expect(peer.closed).toBe(true);
    expect(requests).toHaveLength(2);
  });

  it("that the server does not test is an error with its reason", async () => {
    const { run, peer } = set("connected", true);
    await expect(run("udp")).rejects.toThrow("No.");
    expect(peer.closed).toBe(true);
  });
});
