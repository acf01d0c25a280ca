import type { Api } from "../api";
import type { Connection } from "../connection";
import { Emitter } from "../emitter";
import { uuidv7 } from "../ids";
import type { Scheduled, ScheduleChange, ScheduleMessage } from "../wire";

export interface ScheduleState {
  readonly status: "loading" | "ready" | "failed";
  /** What waits to be sent, by its time, and then what could not be, the last first. */
  readonly messages: readonly Scheduled[];
}

type ScheduleEvents = { changed: ScheduleState };

/** One's messages that are sent later. */
export class Schedule extends Emitter<ScheduleEvents> {
  private current: ScheduleState = { status: "loading", messages: [] };
  private readonly stops: (() => void)[];
  /** Counts loads; `loaded` is the last that has been answered. */
  private turn = 0;
  private loaded = 0;

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
  ) {
    super();
    this.stops = [
      connection.on("online", () => void this.load()),
      connection.on("stale", () => void this.load()),
      connection.on("push", (push) => push.event === "scheduledChanged" && this.take(push.data.scheduled)),
    ];
  }

  dispose(): void {
    this.stops.forEach((stop) => stop());
  }

  get state(): ScheduleState {
    return this.current;
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    const messages = await this.api.scheduled().catch(() => null);
    if (turn !== this.turn) return;
    this.loaded = turn;
    if (messages) this.set({ status: "ready", messages: messages.filter(isListed).sort(inOrder) });
    else if (this.current.status !== "ready") this.set({ ...this.current, status: "failed" });
  }

  /** Has a message sent at a time. The same `clientId` again has no second effect. */
  async add(message: Omit<ScheduleMessage, "messageType" | "clientId">, clientId = uuidv7()): Promise<Scheduled> {
    const request = { ...message, messageType: "text" as const, clientId };
    const { scheduled } = await this.connection.request("scheduleMessage", request);
    this.take(scheduled);
    return scheduled;
  }

  async change(scheduledId: string, change: ScheduleChange): Promise<void> {
    this.take((await this.connection.request("changeScheduled", { ...change, scheduledId })).scheduled);
  }

  async cancel(scheduledId: string): Promise<void> {
    await this.connection.request("cancelScheduled", scheduledId);
    this.set({ ...this.current, messages: this.current.messages.filter(({ _id }) => _id !== scheduledId) });
  }

  private take(scheduled: Scheduled): void {
    if (this.loaded !== this.turn) void this.load(); // the answer that is on its way may not know of this
    const others = this.current.messages.filter(({ _id }) => _id !== scheduled._id);
    const messages = isListed(scheduled) ? [...others, scheduled].sort(inOrder) : others;
    this.set({ ...this.current, messages });
  }

  private set(state: ScheduleState): void {
    this.current = state;
    this.emit("changed", state);
  }
}

const isListed = ({ status }: Scheduled) => status !== "sent" && status !== "cancelled";
const inOrder = (a: Scheduled, b: Scheduled) => {
  const failed = (m: Scheduled) => Number(m.status === "failed");
  const later = Date.parse(a.sendAt) - Date.parse(b.sendAt);
  return failed(a) - failed(b) || (failed(a) ? -later : later) || (a._id < b._id ? -1 : 1);
};
