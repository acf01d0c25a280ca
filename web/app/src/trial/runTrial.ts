import { type Api, measure, type Measurement, ParleyError, type SocketOutcome, type TrialWay, tryPath, trySocket, WAYS } from "@parley/client";
import type { Paths, Problem } from "./verdicts";

export type Step = "socket" | TrialWay | "measure";
export const STEPS: readonly Step[] = ["socket", ...WAYS, "measure"];

/** How far the test of the connection is, and what it has found. */
export interface TrialState {
  /** What is being tested now; null before and after. */
  step: Step | null;
  /** Of the whole, 0 to 1. */
  done: number;
  finished: boolean;
  socket: SocketOutcome | null;
  paths: Paths;
  measured: Measurement | Problem | null;
}

export const NOT_BEGUN: TrialState = { step: null, done: 0, finished: false, socket: null, paths: {}, measured: null };

export interface TrialRun {
  api: Api;
  socketPath: string;
  signal: AbortSignal;
  onChange: (state: TrialState) => void;
}

/** Tests one thing after the other: a user has one test at the server at a time. */
export async function runTrial({ api, socketPath, signal, onChange }: TrialRun): Promise<void> {
  let state = NOT_BEGUN;
  const change = (part: Partial<TrialState>) => {
    if (signal.aborted) return;
    state = { ...state, ...part };
    onChange(state);
  };
  const begin = (step: Step, within = 0) => change({ step, done: (STEPS.indexOf(step) + within) / STEPS.length });

  begin("socket");
  change({ socket: await trySocket(socketPath, signal) });
  for (const way of WAYS) {
    if (signal.aborted) return;
    begin(way);
    const outcome = await tryPath(api, way, signal).catch(problemOf);
    change({ paths: { ...state.paths, [way]: outcome } });
  }
  if (signal.aborted) return;
  begin("measure");
  const way = WAYS.find((each) => state.paths[each]?.kind === "connected");
  const measured = way
    ? await measure(api, { way, signal, onProgress: (within) => begin("measure", within) }).catch(problemOf)
    : null;
  change({ measured, step: null, done: 1, finished: true });
}

function problemOf(error: unknown): Problem {
  return { kind: "problem", message: ParleyError.of(error).message };
}
