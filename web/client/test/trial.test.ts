import { describe, expect, it } from "vitest";
import type { Api } from "../src/api";
import { ParleyError } from "../src/errors";
import { answerFor, placeOf, portOf, turnServer } from "../src/trial/answer";
import { soundScore } from "../src/trial/mos";
import { tryPath } from "../src/trial/path";
import { type Reading, reading, summarize } from "../src/trial/samples";
import { twice } from "../src/trial/twice";

const ANSWER = [
  "v=0",
  "a=ice-lite",
  "m=audio 9 UDP/TLS/RTP/SAVPF 111",
  "a=candidate:1 1 udp 2130706431 203.0.113.7 8080 typ host",
  "a=candidate:2 1 tcp 1671430143 203.0.113.7 443 typ host tcptype passive",
  "a=end-of-candidates",
  "",
].join("\r\n");

describe("an answer", () => {
  it("leads one way only", () => {
    expect(answerFor(ANSWER, "udp")).not.toContain(" tcp ");
    expect(answerFor(ANSWER, "tcp")).not.toContain(" udp ");
    expect(answerFor(ANSWER, "turn-tls")).toBe(answerFor(ANSWER, "udp"));
    expect(answerFor(ANSWER, "udp")).toContain("a=end-of-candidates");
    expect([portOf(ANSWER, "udp"), portOf(ANSWER, "tcp")]).toEqual([8080, 443]);
  });

  it("leads nowhere without an address for the way", () => {
    const without = ANSWER.split("\r\n").filter((line) => !line.includes(" tcp ")).join("\r\n");
    expect(answerFor(without, "tcp")).toBeNull();
    expect(portOf(without, "tcp")).toBeNull();
  });
});

describe("TURN servers", () => {
  const servers = [
    { urls: "stun:a.example" },
    { urls: ["turn:a.example:8080?transport=udp", "turn:a.example:8080?transport=tcp", "turns:a.example?transport=tcp"], username: "u", credential: "c" },
  ];

  it("are told apart by their transport, and keep their credentials", () => {
    expect(turnServer(servers, "turn-udp")).toEqual({ urls: ["turn:a.example:8080?transport=udp"], username: "u", credential: "c" });
    expect(turnServer(servers, "turn-tcp")?.urls).toEqual(["turn:a.example:8080?transport=tcp"]);
    expect(turnServer(servers, "turn-tls")?.urls).toEqual(["turns:a.example?transport=tcp"]);
    expect(turnServer([{ urls: "turn:b.example" }], "turn-udp")?.urls).toEqual(["turn:b.example"]);
    expect(turnServer([], "turn-udp")).toBeNull();
  });

  it("have a host and a port", () => {
    expect(placeOf({ urls: "turn:a.example:8080?transport=udp" })).toEqual({ host: "a.example", port: 8080 });
    expect(placeOf({ urls: ["turns:a.example?transport=tcp"] })).toEqual({ host: "a.example", port: 5349 });
    expect(placeOf({ urls: "turn:[2001:db8::1]" })).toEqual({ host: "[2001:db8::1]", port: 3478 });
  });
});

describe("the score of sound", () => {
  // The same pairs as the server's test of its formula.
  it.each([
    ["a good line", 40, 3, 0, 4.4, 4.42],
    ["the customer's targets", 100, 50, 0.01, 4.1, 4.35],
    ["5 % loss", 40, 5, 0.05, 3.7, 3.9],
    ["14 % loss", 40, 5, 0.14, 2.6, 3],
    ["half is lost", 40, 5, 0.5, 1, 1.6],
    ["a satellite", 600, 10, 0, 3.5, 3.8],
  ])("of %s", (_, rttMs, jitterMs, loss, low, high) => {
    const score = soundScore({ rttMs, jitterMs, loss });
    expect(score).toBeGreaterThanOrEqual(low);
    expect(score).toBeLessThanOrEqual(high);
  });

  it("stays a score whatever comes", () => {
    for (const loss of [-1, 0, 2]) for (const rttMs of [0, 60_000]) expect(soundScore({ rttMs, jitterMs: 0, loss })).toBeGreaterThanOrEqual(1);
  });
});

describe("statistics", () => {
  const sender = [
    { type: "outbound-rtp", packetsSent: 100, bytesSent: 10_000 },
    { type: "outbound-rtp", packetsSent: 50, bytesSent: 5_000 },
    { type: "remote-inbound-rtp", kind: "audio", packetsLost: 3, jitter: 0.004, roundTripTime: 0.05, roundTripTimeMeasurements: 2 },
    { type: "candidate-pair", nominated: true, currentRoundTripTime: 0.04, availableOutgoingBitrate: 2e6 },
    { type: "candidate-pair", nominated: false, currentRoundTripTime: 9 },
  ];
  const receiver = [
    { type: "inbound-rtp", kind: "audio", packetsReceived: 90, packetsLost: 2, bytesReceived: 9_000, jitter: 0.01 },
    { type: "inbound-rtp", kind: "video", packetsReceived: 50, packetsLost: -1, bytesReceived: 5_000, jitter: 0.09 },
  ];

  it("are read over all sections", () => {
    expect(reading(5, sender, receiver)).toEqual({
      atMs: 5,
      up: { sent: 150, lost: 3, bytes: 15_000, rttMs: 40, jitterMs: 4, availableBps: 2e6 },
      down: { received: 140, lost: 1, bytes: 14_000, jitterMs: 10 },
    });
    expect(reading(0, [], []).up.rttMs).toBeNull();
  });

  it("come to a measurement", () => {
    const at = (second: number): Reading => ({
      atMs: second * 1_000,
      up: { sent: 100 * second, lost: second, bytes: 100_000 * second, rttMs: 30 + second, jitterMs: 5, availableBps: null },
      down: { received: 90 * second, lost: 10 * second, bytes: 50_000 * second, jitterMs: 8 },
    });
    const measured = summarize([0, 1, 2, 3, 4].map(at));
    expect(measured?.up).toEqual({ rttMs: 32, jitterMs: 5, loss: 0.01, bps: 800_000 });
    expect(measured?.down).toEqual({ rttMs: 32, jitterMs: 8, loss: 0.1, bps: 400_000 });
    expect(measured?.score).toBeCloseTo(soundScore({ rttMs: 32, jitterMs: 8, loss: 0.1 }));
  });

  it("come to nothing when nothing came back", () => {
    const silent: Reading = { atMs: 0, up: { sent: 0, lost: 0, bytes: 0, rttMs: null, jitterMs: 0, availableBps: null }, down: { received: 0, lost: 0, bytes: 0, jitterMs: 0 } };
    expect(summarize([])).toBeNull();
    expect(summarize([silent])).toBeNull();
    expect(summarize([silent, { ...silent, atMs: 1_000, up: { ...silent.up, sent: 500 } }])).toBeNull();
  });
});

describe("what may have failed by chance", () => {
  const failing = (...errors: unknown[]) => {
    let attempts = 0;
    const attempt = async () => {
      const error = errors[attempts++];
      if (error) throw error;
      return attempts;
    };
    return { attempt, attempts: () => attempts };
  };
  const lost = new ParleyError("no_media", "Nothing came.");

  it("is tried once more", async () => {
    expect(await twice(failing().attempt)).toBe(1);
    expect(await twice(failing(lost).attempt)).toBe(2);
  });

  it("is told as it was when it fails again", async () => {
    const same = failing(lost, lost, lost);
    await expect(twice(same.attempt)).rejects.toThrow("Nothing came. It was tried twice.");
    expect(same.attempts()).toBe(2);
    await expect(twice(failing(lost, new ParleyError("no_path", "No way.")).attempt)).rejects.toThrow("Nothing came. At the second try: No way.");
  });

  it("is not what another attempt cannot mend", async () => {
    for (const error of [new ParleyError("too_many_tests", "Later."), new DOMException("", "AbortError")]) {
      const { attempt, attempts } = failing(error, null);
      await expect(twice(attempt)).rejects.toBe(error);
      expect(attempts()).toBe(1);
    }
  });
});

/** A connection that never comes about, or does at one of the attempts. */
function peers(connectsAt: number): { create: () => RTCPeerConnection; made: () => number } {
  let made = 0;
  const create = () => {
    const connects = ++made === connectsAt;
    const pc = new EventTarget() as EventTarget & Record<string, unknown>;
    return Object.assign(pc, {
      connectionState: "new",
      addTransceiver: () => {},
      createOffer: async () => ({ type: "offer", sdp: "" }),
      setLocalDescription: async () => {},
      setRemoteDescription: async () => {
        pc.connectionState = connects ? "connected" : "failed";
        pc.dispatchEvent(new Event("connectionstatechange"));
      },
      getStats: async () => new Map(),
      close: () => {},
    }) as unknown as RTCPeerConnection;
  };
  return { create, made: () => made };
}

describe("a way to the server", () => {
  const ended: string[] = [];
  const api = {
    startTest: async () => ({ testId: "t", answers: [ANSWER], iceServers: [] }),
    endTest: async (id: string) => void ended.push(id),
  } as unknown as Api;
  const signal = new AbortController().signal;

  it("is blocked when it fails twice, and works when it does once", async () => {
    for (const [connectsAt, kind, attempts] of [[1, "connected", 1], [2, "connected", 2], [0, "blocked", 2]] as const) {
      const { create, made } = peers(connectsAt);
      expect((await tryPath(api, "udp", signal, create)).kind).toBe(kind);
      expect(made()).toBe(attempts);
    }
    expect(ended).toHaveLength(5);
  });
});
