import type { Api } from "@parley/client";
import { useCallback, useEffect, useRef, useState } from "react";
import { NOT_BEGUN, runTrial, type TrialState } from "./runTrial";

/** The test of the connection: begun by `start`, given up when the page goes. */
export function useTrial(api: Api, socketPath: string): { state: TrialState; start: () => void } {
  const [state, setState] = useState<TrialState>(NOT_BEGUN);
  const running = useRef<AbortController | null>(null);
  const start = useCallback(() => {
    running.current?.abort();
    const controller = new AbortController();
    running.current = controller;
    setState(NOT_BEGUN);
    void runTrial({ api, socketPath, signal: controller.signal, onChange: setState });
  }, [api, socketPath]);
  useEffect(() => {
    const leave = () => running.current?.abort();
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, []);
  return { state, start };
}
