/** By which transports the socket reaches the server. */
export interface SocketOutcome {
  webSocket: boolean;
  polling: boolean;
  /** Of the polling request; null when it failed. */
  rttMs: number | null;
}

const PATIENCE_MS = 6_000;

/** Opens an Engine.IO connection by each transport, and closes it again. Needs no token. */
export async function trySocket(path: string, signal: AbortSignal, origin: string = location.origin): Promise<SocketOutcome> {
  const url = `${origin}${path.replace(/\/$/, "")}/?EIO=4&transport=`;
  const [webSocket, rttMs] = await Promise.all([overWebSocket(url.replace(/^http/, "ws"), signal), overPolling(url, signal)]);
  return { webSocket, polling: rttMs !== null, rttMs };
}

function overWebSocket(url: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url}websocket`);
    const done = (worked: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", give);
      socket.close();
      resolve(worked);
    };
    const give = () => done(false);
    const timer = setTimeout(give, PATIENCE_MS);
    signal.addEventListener("abort", give);
    // "0" opens a session: only then has data come through, which some proxies prevent after the upgrade.
    socket.addEventListener("message", ({ data }) => done(typeof data === "string" && data.startsWith("0")));
    socket.addEventListener("error", give);
    socket.addEventListener("close", give);
  });
}

async function overPolling(url: string, signal: AbortSignal): Promise<number | null> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  try {
    const began = performance.now();
    const response = await fetch(`${url}polling`, { signal: patience, cache: "no-store" });
    const text = await response.text();
    const took = performance.now() - began;
    const sid = /"sid":"([^"]+)"/.exec(text)?.[1];
    if (!response.ok || !text.startsWith("0") || !sid) return null;
    await fetch(`${url}polling&sid=${encodeURIComponent(sid)}`, { method: "POST", body: "1", signal: patience }).catch(() => {});
    return took;
  } catch {
    return null;
  }
}
