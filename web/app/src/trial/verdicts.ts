import type { DeviceState, Measurement, PathOutcome, SocketOutcome, TrialWay } from "@parley/client";

/** `info` says something that is neither good nor bad, such as what the server does not offer. */
export type Tone = "ok" | "warn" | "bad" | "info";

export interface Verdict {
  tone: Tone;
  /** A sentence; unless the tone is ok or info, it says what to change. */
  text: string;
}

/** Why a part of the test could not be made at all. */
export interface Problem {
  kind: "problem";
  message: string;
}

export type Paths = Partial<Record<TrialWay, PathOutcome | Problem>>;

const ok = (text: string): Verdict => ({ tone: "ok", text });
const warn = (text: string): Verdict => ({ tone: "warn", text });
const bad = (text: string): Verdict => ({ tone: "bad", text });
const info = (text: string): Verdict => ({ tone: "info", text });

export const milliseconds = (ms: number): string => `${ms < 1 ? "under 1" : Math.round(ms)} ms`;
export const megabits = (bps: number): string => `${(bps / 1e6).toFixed(1)} Mbit/s`;
export const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;

export function deviceVerdict(name: "microphone" | "camera", { status, problem }: DeviceState, detail: { label: string; heard: boolean }): Verdict | null {
  if (problem) {
    if (problem.code === "missing") return warn(`${problem.message} Connect one and test again.`);
    if (problem.code === "busy") return bad(`${problem.message} Close that program and test again.`);
    if (problem.code === "unsupported") return bad(`${problem.message} Open this page over https, in a current Chrome, Edge, Firefox or Safari.`);
    if (problem.code === "failed") return bad(`${problem.message} Unplug it, plug it in again and test again.`);
    return bad(problem.message);
  }
  if (status !== "on") return null;
  if (name === "camera") return ok(`${detail.label} works.`);
  if (detail.heard) return ok(`${detail.label} hears you.`);
  return warn(`${detail.label} is silent. Say something; if the bar does not move, choose another microphone or turn this one up in your system's settings.`);
}

export function socketVerdict({ webSocket, polling, rttMs }: SocketOutcome): Verdict {
  if (webSocket) return ok(`WebSocket works${rttMs === null ? "" : `; the server answers in ${milliseconds(rttMs)}`}.`);
  if (polling) return warn("Your network blocks WebSocket. Chat and calls work by polling, with more delay; ask your administrator to let WebSocket through the proxy.");
  return bad("The server cannot be reached. Check your connection, and ask your administrator whether a proxy or a filter is in the way.");
}

/** A reason, with what to do when it does not say that itself. */
export const again = (message: string): string => (message.includes("Try again") ? message : `${message} Try again in a moment.`);

const TURN_NAMES = { "turn-udp": "TURN over UDP", "turn-tcp": "TURN over TCP", "turn-tls": "TURN over TLS" } as const;

const WORSE = "Calls work over TCP, with more delay";

/** What one way to the server means, given the others. `host` is the server's name. */
export function pathVerdict(way: TrialWay, paths: Paths, host: string): Verdict | null {
  const outcome = paths[way];
  if (!outcome) return null;
  if (outcome.kind === "problem") return bad(`This could not be tested: ${again(outcome.message)}`);
  if (outcome.kind === "connected") return ok(`Works, with a round trip of ${milliseconds(outcome.rttMs)}.`);
  const works = (other: TrialWay) => paths[other]?.kind === "connected";
  if (way === "udp") return udpVerdict(outcome, works, host);
  if (way === "tcp") return tcpVerdict(outcome, works, host);
  const name = TURN_NAMES[way];
  if (outcome.kind === "absent") return info(`This server offers no ${name}, which gets calls through strict firewalls.`);
  const protocol = way === "turn-udp" ? "UDP" : "TCP";
  const text = `${name} does not work; ask your administrator to allow ${protocol} port ${outcome.port} to ${outcome.host}.`;
  return works("udp") || works("tcp") ? warn(`${text} Calls do not need it here, but they may elsewhere.`) : bad(text);
}

type Works = (way: TrialWay) => boolean;
type Missing = Exclude<PathOutcome, { kind: "connected" }>;

function udpVerdict(outcome: Missing, works: Works, host: string): Verdict {
  if (outcome.kind === "absent") return bad("This server names no address for audio and video over UDP; ask its administrator to run `parley doctor`.");
  const ask = `ask your administrator to allow UDP port ${outcome.port} to ${host}.`;
  if (works("tcp")) return warn(`Your network blocks UDP. ${WORSE}; ${ask}`);
  if (works("turn-udp")) return warn(`Your network does not let UDP straight through. Calls work over TURN, by a detour; ${ask}`);
  if (works("turn-tcp") || works("turn-tls")) return warn(`Your network blocks UDP. Calls work over TURN, with more delay; ${ask}`);
  return bad(`Your network blocks UDP, and no other way works, so calls do not connect; ${ask}`);
}

function tcpVerdict(outcome: Missing, works: Works, host: string): Verdict {
  if (outcome.kind === "absent") return info("This server offers no calls over TCP, which helps where UDP is blocked.");
  const ask = `ask your administrator to allow TCP port ${outcome.port} to ${host}, and not through a proxy.`;
  if (works("udp")) return warn(`Calls over TCP do not work. They do not need it here, but they may where UDP is blocked; ${ask}`);
  return bad(`Calls over TCP do not work; ${ask}`);
}

/** How calls go, as far as the ways tell: the first line of the page. */
export function summary(paths: Paths, measured: Measurement | Problem | null): Verdict {
  const connected = (Object.keys(paths) as TrialWay[]).filter((way) => paths[way]?.kind === "connected");
  if (connected.length === 0) return bad("Calls do not connect from here. The lines below say what to change.");
  if (!measured || "kind" in measured) return warn("Calls connect, but how well they go could not be measured. Try again in a moment.");
  const { text, tone } = qualityVerdict(measured);
  const detour = connected.includes("udp") ? "" : " They would go better over UDP.";
  return { tone: tone === "ok" && detour ? "warn" : tone, text: text + detour };
}


export function roundTripVerdict({ up }: Measurement): Verdict {
  const time = milliseconds(up.rttMs);
  if (up.rttMs < 150) return ok(`${time}.`);
  if (up.rttMs < 300) return warn(`${time}: you may talk over each other now and then. Use a cable or a nearer network, and no VPN.`);
  return bad(`${time}: conversations stumble. Use a cable or another network, and turn off a VPN if you can.`);
}

export function jitterVerdict({ up, down }: Measurement): Verdict {
  const worst = Math.max(up.jitterMs, down.jitterMs);
  const time = milliseconds(worst);
  if (worst < 30) return ok(`${time}.`);
  if (worst < 60) return warn(`${time}: sound is delayed to make up for it. Come closer to the Wi-Fi, or use a cable.`);
  return bad(`${time}: sound breaks up. Use a cable, and stop downloads on your network.`);
}

export function lossVerdict({ up, down }: Measurement): Verdict {
  const text = `${percent(up.loss)} on the way out, ${percent(down.loss)} on the way in`;
  const worst = Math.max(up.loss, down.loss);
  if (worst < 0.01) return ok(`${text}.`);
  if (worst < 0.05) return warn(`${text}: pictures freeze now and then. Come closer to the Wi-Fi, or use a cable.`);
  return bad(`${text}: sound and pictures break up. Use a cable or another network, and stop downloads on yours.`);
}

const GOOD_BPS = 1_200_000;
const LEAST_BPS = 300_000;

export function bandwidthVerdict({ up, down }: Measurement): Verdict {
  const text = `${megabits(up.bps)} out, ${megabits(down.bps)} in`;
  const least = Math.min(up.bps, down.bps);
  if (least >= GOOD_BPS) return ok(`At least ${text}.`);
  if (least >= LEAST_BPS) return warn(`${text}: enough for small pictures. Stop downloads and uploads on your network, or use another one.`);
  return bad(`${text}: enough for voice only. Turn cameras off, or use another network.`);
}

export function qualityVerdict({ score }: Measurement): Verdict {
  const of = `${score.toFixed(1)} of 5`;
  if (score >= 4) return ok(`Calls will go well: ${of}.`);
  if (score >= 3.5) return ok(`Calls will go well, with small flaws: ${of}.`);
  if (score >= 3) return warn(`Calls will be tiring: ${of}. See above what to change.`);
  return bad(`Calls will be hard to follow: ${of}. See above what to change.`);
}
