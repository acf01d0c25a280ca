import { io, type Socket } from "socket.io-client";
import { Backoff } from "./backoff";
import { Emitter } from "./emitter";
import { watchNetwork } from "./network";
import { isFailure, ParleyError } from "./errors";
import { People } from "./people/people";
import type { Pushes, Ready, Requests, User } from "./wire";

/**
 * - `connecting`: the first connection is being made
 * - `online`: `ready` has arrived
 * - `reconnecting`: lost, and being made again
 * - `ended`: refused for good or closed by the program; only `open` starts again
 */
export type ConnectionState = "idle" | "connecting" | "online" | "reconnecting" | "ended";

/** Where tokens come from. `refused` is set when the server did not take the last one, and a new one is needed. */
export type TokenSource = (refused?: string) => Promise<string>;

/** The part of a socket.io client that the connection needs. */
export type SocketLike = Pick<Socket, "connect" | "disconnect" | "connected" | "id" | "recovered" | "timeout" | "on" | "onAny">;

export interface ConnectionOptions {
  url?: string;
  path?: string;
  transports?: ("websocket" | "polling")[];
  token: TokenSource;
  random?: () => number;
  /** Replaces socket.io's client, in tests. */
  dial?: (auth: (give: (auth: object) => void) => void) => SocketLike;
}

type ConnectionEvents = {
  state: ConnectionState;
  /** After every connection, the first and later ones. */
  online: Ready;
  /** One is somebody else than `ready` said: `ready` says it now. */
  user: User;
  /** Why it ended, or what the last attempt failed with. */
  problem: ParleyError;
  /** The page is looked at again after a while: state may be stale. */
  wake: undefined;
  /** What pushes without a number tell of may have been missed, although the connection stands. */
  stale: undefined;
  push: Push;
};

export type Push = { [K in keyof Pushes]: { event: K; data: Pushes[K] } }[keyof Pushes];

const AUTH_CODES = new Set(["token_missing", "token_invalid", "token_expired"]);
const WAKE_AFTER_MS = 15_000;
/** Within so long all clients of a server fetch what they may have missed, each at a time of its own. */
const STALE_WITHIN_MS = 10_000;
/** How long a sign of life may take: some round trips, since packets may be lost on the way there or back. */
const VERIFY_MS = { least: 600, most: 1_500, roundTrips: 4 };

/**
 * The socket. Requests are answered by a promise; what cannot be sent now is refused at once instead of being kept,
 * because whoever asks knows best whether it still matters after a reconnect.
 */
export class Connection extends Emitter<ConnectionEvents> {
  /** How people look now. What is asked and told here says it so. */
  readonly people = new People();
  private current: ConnectionState = "idle";
  private lastReady: Ready | null = null;
  private socket: SocketLike | null = null;
  private readonly backoff: Backoff;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private freshen: ReturnType<typeof setTimeout> | undefined;
  private refused: string | undefined;
  private refusals = 0;
  private hiddenAt = 0;
  private verifying = false;
  /** What an answer took lately, in milliseconds. */
  private roundTrip = 200;
  private unwatch: () => void = () => {};

  constructor(private readonly options: ConnectionOptions) {
    super();
    this.backoff = new Backoff(300, 1_000, 30_000, options.random);
    this.people.onChange((current) => this.lastReady && this.setUser(current(this.lastReady.user)));
  }

  get state(): ConnectionState {
    return this.current;
  }

  /** What the server said about this session; null before the first connection. */
  get ready(): Ready | null {
    return this.lastReady;
  }

  open(): void {
    if (this.current !== "idle" && this.current !== "ended") return;
    this.refusals = 0;
    this.refused = undefined;
    this.backoff.reset();
    this.setState("connecting");
    this.socket ??= this.dial();
    this.socket.connect();
    this.watchPage(true);
  }

  close(): void {
    this.end();
    this.lastReady = null;
  }

  /** Sends a request and gives its ack. Rejects with a ParleyError. */
  request<K extends keyof Requests>(
    name: K,
    payload: Requests[K]["request"],
    timeoutMs = 10_000,
  ): Promise<Requests[K]["ack"]> {
    const socket = this.socket;
    if (!socket?.connected || this.current !== "online") {
      return Promise.reject(new ParleyError("disconnected", "There is no connection to the server."));
    }
    const asked = Date.now();
    return new Promise((resolve, reject) => {
      socket.timeout(timeoutMs).emit(name, payload, (error: Error | null, ack: unknown) => {
        if (!error) this.roundTrip = (this.roundTrip + Date.now() - asked) / 2;
        if (error) reject(this.unanswered(socket));
        else if (isFailure(ack)) reject(ParleyError.from(ack));
        else resolve(this.people.current(ack as Requests[K]["ack"]));
      });
    });
  }

  /** Gives up the present connection, which does not answer, and makes a new one now. */
  restart(): void {
    if (this.current === "ended" || this.current === "idle") return;
    this.socket?.disconnect();
    this.reconnectNow();
  }

  /** Asks the server for a sign of life, and gives the connection up if none comes soon: TCP itself notices in minutes. */
  async verify(): Promise<void> {
    if (this.current !== "online" || this.verifying) return;
    this.verifying = true;
    const socket = this.socket;
    const id = socket?.id;
    const { least, most, roundTrips } = VERIFY_MS;
    const within = Math.min(most, Math.max(least, roundTrips * this.roundTrip));
    const alive = await this.request("heartbeat", {}, within).then(
      () => true,
      (problem: unknown) => ParleyError.of(problem).code !== "timeout", // a server that refuses, answers
    );
    this.verifying = false;
    if (!alive && this.current === "online" && socket?.id === id) this.restart();
  }

  private unanswered(socket: SocketLike): ParleyError {
    return socket.connected
      ? new ParleyError("timeout", "The server did not answer in time.")
      : new ParleyError("disconnected", "The connection was lost before the server answered.");
  }

  private dial(): SocketLike {
    const auth = (give: (auth: object) => void) => void this.giveToken(give);
    const { url, path = "/api/socket/io", transports = ["websocket"], dial } = this.options;
    const settings = { path, transports, auth, autoConnect: false, reconnection: false, timeout: 10_000 };
    const socket = dial ? dial(auth) : url ? io(url, settings) : io(settings);
    socket.on("connect", () => socket.recovered && this.lastReady && this.setOnline(this.lastReady));
    socket.on("disconnect", () => this.lost());
    socket.on("connect_error", (error: Error & { data?: { code?: string } }) => this.failed(error));
    socket.onAny((event: string, data: unknown) => this.pushed(event, data));
    return socket;
  }

  private async giveToken(give: (auth: object) => void): Promise<void> {
    try {
      const token = await this.options.token(this.refused);
      this.refused = undefined;
      if (this.current !== "ended") give({ token });
    } catch (error) {
      this.endWith(ParleyError.of(error));
    }
  }

  private pushed(event: string, told: unknown): void {
    if (event === "peopleChanged") this.takePeople(told as Pushes["peopleChanged"]);
    const data = this.people.current(told);
    if (event === "ready") this.setOnline(data as Ready);
    if (event === "userChanged") this.setUser((data as Pushes["userChanged"]).user);
    if (event === "eventsLost") this.becomeStale();
    if (event === "sessionEnded") this.refused = (data as Pushes["sessionEnded"]).code;
    this.emit("push", { event, data } as Push);
  }

  private takePeople({ people, isReset }: Pushes["peopleChanged"]): void {
    this.people.take(people);
    if (isReset) this.becomeStale();
  }

  private becomeStale(): void {
    clearTimeout(this.freshen);
    const random = this.options.random ?? Math.random;
    this.freshen = setTimeout(() => this.current === "online" && this.emit("stale", undefined), random() * STALE_WITHIN_MS);
  }

  private setOnline(ready: Ready): void {
    clearTimeout(this.freshen); // all is fetched now
    this.backoff.reset();
    this.refusals = 0;
    this.lastReady = ready;
    this.setState("online");
    this.emit("online", ready);
  }

  private setUser(user: User): void {
    if (!this.lastReady || user === this.lastReady.user) return;
    this.lastReady = { ...this.lastReady, user };
    this.emit("user", user);
  }

  private lost(): void {
    if (this.current === "ended") return;
    this.setState("reconnecting");
    this.schedule();
  }

  private failed(error: Error & { data?: { code?: string } }): void {
    if (this.current === "ended") return;
    const code = error.data?.code;
    if (code && AUTH_CODES.has(code)) {
      // A new token is asked for once or twice; a source that keeps giving bad ones has no session.
      if (++this.refusals > 2) return this.endWith(new ParleyError(code, error.message));
      this.refused = code;
    } else if (code && code !== "unavailable" && code !== "rate_limited" && code !== "internal") {
      return this.endWith(new ParleyError(code, error.message));
    }
    this.emit("problem", new ParleyError(code ?? "network", code ? error.message : "The server cannot be reached."));
    this.schedule();
  }

  private schedule(): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.socket?.connect(), this.backoff.next());
  }

  private reconnectNow(): void {
    if (this.current !== "reconnecting" && this.current !== "connecting") return;
    clearTimeout(this.retry);
    this.backoff.reset();
    this.socket?.connect();
  }

  private endWith(error: ParleyError): void {
    this.end();
    this.emit("problem", error);
  }

  private end(): void {
    clearTimeout(this.retry);
    clearTimeout(this.freshen);
    this.watchPage(false);
    this.setState("ended");
    this.socket?.disconnect();
  }

  private setState(state: ConnectionState): void {
    if (state === this.current) return;
    this.current = state;
    this.emit("state", state);
  }

  // --- The page: browsers stop timers of hidden pages and networks come and go, so both are reasons to try at once.

  private readonly onNetwork = () => {
    if (this.current === "online") return void this.verify();
    if (this.current !== "ended") this.socket?.disconnect(); // a try over the network that was may hang
    this.reconnectNow();
  };

  // Without a network the socket is dead, though nobody closed it; one to this machine itself lives on.
  private readonly onOffline = () => void this.verify();

  private readonly onVisibility = () => {
    if (document.visibilityState === "hidden") {
      this.hiddenAt = Date.now();
      return;
    }
    this.reconnectNow();
    if (this.current === "online" && Date.now() - this.hiddenAt > WAKE_AFTER_MS) this.emit("wake", undefined);
  };

  private watchPage(on: boolean): void {
    if (typeof window === "undefined") return;
    const change = on ? "addEventListener" : "removeEventListener";
    this.unwatch();
    this.unwatch = on ? watchNetwork(this.onNetwork) : () => {};
    window[change]("offline", this.onOffline);
    document[change]("visibilitychange", this.onVisibility);
  }
}
