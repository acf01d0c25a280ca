import type { Connection } from "../connection";

const EVERY_MS = 60_000;
const INPUT = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

/** Where a person's input is heard; the window in a browser. */
export type InputTarget = Pick<EventTarget, "addEventListener" | "removeEventListener">;

/** Tells the server that this device is in use, at most once a minute. Who gives no input for five is away. */
export function reportActivity(connection: Connection, target: InputTarget): () => void {
  let last = -EVERY_MS;
  const onInput = (event: Event) => {
    const now = Date.now();
    // Only a person's own input counts, not what a script plays.
    if (!event.isTrusted || now - last < EVERY_MS || connection.state !== "online") return;
    last = now;
    connection.request("heartbeat", { active: true }).catch(() => (last = -EVERY_MS));
  };
  INPUT.forEach((name) => target.addEventListener(name, onInput, { passive: true, capture: true }));
  return () => INPUT.forEach((name) => target.removeEventListener(name, onInput, { capture: true }));
}
