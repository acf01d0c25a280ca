import type { DeviceState, Measurement, PathOutcome } from "@parley/client";
import { describe, expect, it } from "vitest";
import {
  bandwidthVerdict, deviceVerdict, jitterVerdict, lossVerdict, type Paths, pathVerdict, qualityVerdict, roundTripVerdict, socketVerdict, summary, type Verdict,
} from "../src/trial/verdicts";

const HOST = "parley.example.com";
const works: PathOutcome = { kind: "connected", rttMs: 20.4, host: "", port: 8080 };
const blocked: PathOutcome = { kind: "blocked", host: "", port: 8080 };
const absent: PathOutcome = { kind: "absent" };
const turnBlocked: PathOutcome = { kind: "blocked", host: "turn.example.com", port: 443 };

const measured = (change: { rttMs?: number; jitterMs?: number; loss?: number; bps?: number; score?: number }): Measurement => {
  const way = { rttMs: 30, jitterMs: 4, loss: 0, bps: 2_400_000, ...change };
  return { up: way, down: way, score: change.score ?? 4.3 };
};

/** Every verdict that is not good says, in a sentence, what to do. */
function tells(verdict: Verdict | null, tone: Verdict["tone"], text: string): void {
  expect(verdict?.tone).toBe(tone);
  expect(verdict?.text).toContain(text);
  expect(verdict?.text).toMatch(/\.$/);
}

describe("a way", () => {
  const verdict = (way: keyof Paths, paths: Paths) => pathVerdict(way, paths, HOST);

  it("that works tells its round trip", () => {
    expect(verdict("udp", { udp: works })).toEqual({ tone: "ok", text: "Works, with a round trip of 20 ms." });
    expect(verdict("udp", {})).toBeNull();
  });

  it("over UDP that is blocked names the port, and what goes instead", () => {
    expect(verdict("udp", { udp: blocked, tcp: works })).toEqual({
      tone: "warn",
      text: "Your network blocks UDP. Calls work over TCP, with more delay; ask your administrator to allow UDP port 8080 to parley.example.com.",
    });
    tells(verdict("udp", { udp: blocked, "turn-udp": works }), "warn", "by a detour");
    tells(verdict("udp", { udp: blocked, tcp: blocked, "turn-tls": works }), "warn", "Calls work over TURN");
    tells(verdict("udp", { udp: blocked, tcp: blocked }), "bad", "allow UDP port 8080 to parley.example.com");
    tells(verdict("udp", { udp: absent }), "bad", "parley doctor");
  });

  it("over TCP matters where UDP does not work", () => {
    tells(verdict("tcp", { udp: works, tcp: blocked }), "warn", "allow TCP port 8080");
    tells(verdict("tcp", { udp: blocked, tcp: blocked }), "bad", "not through a proxy");
    tells(verdict("tcp", { udp: works, tcp: absent }), "info", "offers no calls over TCP");
  });

  it("over TURN matters where nothing else works", () => {
    tells(verdict("turn-tls", { udp: works, "turn-tls": turnBlocked }), "warn", "allow TCP port 443 to turn.example.com");
    tells(verdict("turn-udp", { udp: blocked, tcp: blocked, "turn-udp": turnBlocked }), "bad", "allow UDP port 443");
    tells(verdict("turn-tcp", { "turn-tcp": absent }), "info", "no TURN over TCP");
  });

  it("that could not be tested says why", () => {
    tells(verdict("udp", { udp: { kind: "problem", message: "The server is full." } }), "bad", "The server is full. Try again");
    const twice = verdict("udp", { udp: { kind: "problem", message: "Too many. Try again in a moment." } });
    expect(twice?.text).toBe("This could not be tested: Too many. Try again in a moment.");
  });
});

describe("the socket", () => {
  it("goes over WebSocket, else by polling, else not", () => {
    tells(socketVerdict({ webSocket: true, polling: true, rttMs: 0.4 }), "ok", "under 1 ms");
    tells(socketVerdict({ webSocket: true, polling: false, rttMs: null }), "ok", "WebSocket works.");
    tells(socketVerdict({ webSocket: false, polling: true, rttMs: 30 }), "warn", "let WebSocket through the proxy");
    tells(socketVerdict({ webSocket: false, polling: false, rttMs: null }), "bad", "ask your administrator");
  });
});

describe("devices", () => {
  const state = (part: Partial<DeviceState>): DeviceState => ({ status: "off", deviceId: null, problem: null, ...part });
  const detail = { label: "Headset", heard: true };

  it("work, or say what keeps them from it", () => {
    tells(deviceVerdict("microphone", state({ status: "on" }), detail), "ok", "Headset hears you");
    tells(deviceVerdict("microphone", state({ status: "on" }), { ...detail, heard: false }), "warn", "Say something");
    tells(deviceVerdict("camera", state({ status: "on" }), { ...detail, heard: false }), "ok", "Headset works");
    expect(deviceVerdict("camera", state({}), detail)).toBeNull();
    const problem = (code: "denied" | "missing" | "busy" | "unsupported" | "failed") =>
      deviceVerdict("camera", state({ status: "failed", problem: { code, message: "It is so." } }), detail);
    tells(problem("denied"), "bad", "It is so.");
    tells(problem("missing"), "warn", "Connect one");
    tells(problem("busy"), "bad", "Close that program");
    tells(problem("unsupported"), "bad", "https");
    tells(problem("failed"), "bad", "plug it in again");
  });
});

describe("what was measured", () => {
  it.each([
    ["round trip", roundTripVerdict, [{ rttMs: 30 }, { rttMs: 200 }, { rttMs: 500 }]],
    ["jitter", jitterVerdict, [{ jitterMs: 4 }, { jitterMs: 40 }, { jitterMs: 90 }]],
    ["loss", lossVerdict, [{ loss: 0.001 }, { loss: 0.02 }, { loss: 0.2 }]],
    ["bandwidth", bandwidthVerdict, [{ bps: 2e6 }, { bps: 6e5 }, { bps: 1e5 }]],
    ["quality", qualityVerdict, [{ score: 4.3 }, { score: 3.2 }, { score: 2 }]],
  ] as const)("gives %s its three answers", (_, verdict, [good, fair, poor]) => {
    tells(verdict(measured(good)), "ok", "");
    tells(verdict(measured(fair)), "warn", "");
    tells(verdict(measured(poor)), "bad", "");
  });

  it("is told in numbers that people know", () => {
    tells(lossVerdict(measured({ loss: 0.023 })), "warn", "2.3 % on the way out");
    tells(bandwidthVerdict(measured({})), "ok", "2.4 Mbit/s out");
    tells(qualityVerdict(measured({ score: 3.7 })), "ok", "small flaws: 3.7 of 5");
  });
});

describe("the first line", () => {
  it("says how calls go", () => {
    tells(summary({ udp: works }, measured({})), "ok", "Calls will go well: 4.3 of 5.");
    tells(summary({ udp: blocked, tcp: works }, measured({})), "warn", "better over UDP");
    tells(summary({ udp: works }, measured({ score: 2 })), "bad", "hard to follow");
    tells(summary({ udp: works }, { kind: "problem", message: "No." }), "warn", "could not be measured");
    tells(summary({ udp: blocked, tcp: absent }, null), "bad", "do not connect");
  });
});
