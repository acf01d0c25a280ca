import type { SocketLike } from "../src/connection";
import type { Ready } from "../src/wire";

type Listener = (...values: unknown[]) => void;
type Ack = (error: Error | null, ack?: unknown) => void;

/** Answers a request; undefined for no answer at all. */
export type Responder = (event: string, payload: unknown) => unknown;

/** Plays socket.io's client and the server behind it. Everything arrives in a later turn, as it does over a network. */
export class FakeSocket {
  connected = false;
  id = "";
  private connections = 0;
  recovered = false;
  /** What happens to a try to connect: accepted, or refused with an error. */
  gate: () => (Error & { data?: { code: string } }) | null = () => null;
  readonly auths: object[] = [];
  readonly requests: { event: string; payload: unknown }[] = [];
  onReady: () => Ready | null;
  private readonly listeners = new Map<string, Listener[]>();
  private any: Listener = () => {};
  private waiting = new Set<Ack>();
  private auth: (give: (auth: object) => void) => void = (give) => give({});

  constructor(
    ready: Ready,
    public respond: Responder = () => undefined,
  ) {
    this.onReady = () => ready;
  }

  /** What to give a Connection as `dial`. */
  readonly dial = (auth: (give: (auth: object) => void) => void): SocketLike => {
    this.auth = auth;
    return this as unknown as SocketLike;
  };

  connect(): void {
    this.auth((auth) => {
      this.auths.push(auth);
      queueMicrotask(() => this.arrive());
    });
  }

  disconnect(): void {
    this.lose();
  }

  /** The connection breaks: requests on their way get no answer. */
  lose(): void {
    if (!this.connected) return;
    this.connected = false;
    const waiting = [...this.waiting];
    this.waiting.clear();
    waiting.forEach((ack) => ack(new Error("socket has been disconnected")));
    this.tell("disconnect", "transport close");
  }

  push(event: string, data: unknown): void {
    if (this.connected) this.any(event, structuredClone(data));
  }

  on(event: string, listener: Listener): void {
    this.listeners.set(event, [...(this.listeners.get(event) ?? []), listener]);
  }

  onAny(listener: Listener): void {
    this.any = listener;
  }

  timeout(ms: number): { emit: (event: string, payload: unknown, ack: Ack) => void } {
    return { emit: (event, payload, ack) => this.send(event, payload, ms, ack) };
  }

  private send(event: string, payload: unknown, ms: number, ack: Ack): void {
    this.requests.push({ event, payload });
    const settle: Ack = (error, answer) => {
      if (!this.waiting.delete(ack)) return;
      clearTimeout(timer);
      ack(error, answer);
    };
    const timer = setTimeout(() => settle(new Error("operation has timed out")), ms);
    this.waiting.add(ack);
    const copy = structuredClone(payload);
    void Promise.resolve().then(() => this.respond(event, copy)).then((answer) => {
      if (answer !== undefined) settle(null, structuredClone(answer));
    });
  }

  private arrive(): void {
    const refusal = this.gate();
    if (refusal) return this.tell("connect_error", refusal);
    this.connected = true;
    this.id = `socket-${++this.connections}`;
    this.tell("connect");
    const ready = this.onReady();
    if (ready) this.push("ready", ready);
  }

  private tell(event: string, ...values: unknown[]): void {
    this.listeners.get(event)?.forEach((listener) => listener(...values));
  }
}

export const READY: Ready = {
  user: { _id: "alice", name: "Alice Moreau", avatarUrl: "", role: "user", department: "Sales", isInternal: true },
  epoch: "epoch-1",
  peopleSeq: 0,
  serverTime: "2026-11-23T09:29:58.000Z",
  limits: { messageLength: 10_000, callParticipants: 50 },
};

export function refusal(code: string, message = "No."): Error & { data: { code: string } } {
  return Object.assign(new Error(message), { data: { code } });
}

/** Lets everything that waits for nothing but turns happen. */
export async function settle(turns = 30): Promise<void> {
  for (let i = 0; i < turns; i++) await Promise.resolve();
}
