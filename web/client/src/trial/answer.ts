import type { IceServer } from "../wire";

/** The ways that media may take to the server. */
export const WAYS = ["udp", "tcp", "turn-udp", "turn-tcp", "turn-tls"] as const;
export type TrialWay = (typeof WAYS)[number];

/** An answer with only those of the server's addresses that a way leads to; null when there are none. */
export function answerFor(sdp: string, way: TrialWay): string | null {
  const network = way === "tcp" ? "tcp" : "udp"; // TURN relays to the UDP addresses
  let found = false;
  const lines = sdp.split("\r\n").filter((line) => {
    if (!line.startsWith("a=candidate:")) return true;
    const fits = line.split(" ")[2]?.toLowerCase() === network;
    found ||= fits;
    return fits;
  });
  return found ? lines.join("\r\n") : null;
}

/** The port of the server's first address for a network; null when it has none. */
export function portOf(sdp: string, network: "udp" | "tcp"): number | null {
  for (const line of sdp.split("\r\n")) {
    const fields = line.split(" ");
    if (line.startsWith("a=candidate:") && fields[2]?.toLowerCase() === network) return Number(fields[5]);
  }
  return null;
}

/** The one address of the server's TURN for a way, with its credentials; null when it has none. */
export function turnServer(servers: readonly IceServer[], way: TrialWay): IceServer | null {
  for (const server of servers) {
    const url = [server.urls].flat().find((each) => wayOf(each) === way);
    if (url) return { ...server, urls: [url] };
  }
  return null;
}

function wayOf(url: string): TrialWay | null {
  const transport = /[?&]transport=(\w+)/.exec(url)?.[1];
  if (url.startsWith("turns:")) return transport === undefined || transport === "tcp" ? "turn-tls" : null;
  if (!url.startsWith("turn:")) return null;
  return transport === "tcp" ? "turn-tcp" : transport === undefined || transport === "udp" ? "turn-udp" : null;
}

/** Host and port of a TURN server's address. */
export function placeOf({ urls }: IceServer): { host: string; port: number } {
  const url = [urls].flat()[0] ?? "";
  const usual = url.startsWith("turns:") ? 5349 : 3478;
  const [, host = "", port] = /^turns?:(\[[^\]]*\]|[^:?]*)(?::(\d+))?/.exec(url) ?? [];
  return { host, port: port ? Number(port) : usual };
}
