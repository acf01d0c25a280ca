import type { Api } from "../api";
import type { Connection, Push } from "../connection";
import { Emitter } from "../emitter";
import type { CallType, IncomingCall } from "../wire";
import { Call, type CallOptions } from "./call";
import type { LocalMedia } from "./media";

/** Something about a call that the user should be told once. */
export type CallNotice =
  | { kind: "missed"; channelId: string; name: string }
  | { kind: "rejected"; channelId: string; userId: string };

type CallsEvents = {
  /** Calls that ring here, oldest first. */
  incoming: readonly IncomingCall[];
  /** The call that this client is in. */
  active: Call | null;
  notice: CallNotice;
};

/** Ringing and joining: which calls want this user, and the one that this client is in. */
export class Calls extends Emitter<CallsEvents> {
  private ringing: readonly IncomingCall[] = [];
  private current: Call | null = null;
  private readonly unsubscribe: (() => void)[];

  constructor(
    private readonly connection: Connection,
    private readonly api: Api,
    private readonly createPeerConnection?: CallOptions["createPeerConnection"],
  ) {
    super();
    this.unsubscribe = [
      connection.on("push", (push) => this.take(push)),
      connection.on("online", () => void this.verify()),
    ];
  }

  dispose(): void {
    this.unsubscribe.forEach((stop) => stop());
    void this.current?.leave();
  }

  get incoming(): readonly IncomingCall[] {
    return this.ringing;
  }

  get active(): Call | null {
    return this.current;
  }

  /** Starts a call in a channel, or joins the one that is on. */
  async start(channelId: string, callType: CallType, media: LocalMedia): Promise<Call> {
    const { callId } = await this.connection.request("initiateCall", { channelId, callType, participantIds: [] });
    return this.join({ callId, channelId, callType, media });
  }

  /** Joins a call; a call that this client is in already is left first. */
  async join(options: Pick<CallOptions, "callId" | "channelId" | "callType" | "media">): Promise<Call> {
    await this.current?.leave();
    this.dismiss(options.callId);
    const { createPeerConnection } = this;
    const call = new Call(this.connection, { ...options, ...(createPeerConnection ? { createPeerConnection } : {}) });
    this.setActive(call);
    call.on("changed", ({ phase }) => phase === "ended" && this.current === call && this.setActive(null));
    await call.join();
    return call;
  }

  async reject(callId: string): Promise<void> {
    this.dismiss(callId);
    await this.connection.request("rejectCall", { callId });
  }

  private take(push: Push): void {
    const mine = this.connection.ready?.user._id;
    switch (push.event) {
      case "incomingCall":
        return this.ring(push.data);
      case "callMissed":
        this.dismiss(push.data.callId);
        if (push.data.initiatorId !== mine) {
          this.emit("notice", { kind: "missed", channelId: push.data.channelId, name: push.data.initiatorName });
        }
        return;
      case "callAccepted": // by this user, on another device
        if (push.data.userId === mine) this.dismiss(push.data.callId);
        return;
      case "callRejected":
        if (push.data.userId === mine) return this.dismiss(push.data.callId);
        return this.emit("notice", { kind: "rejected", channelId: push.data.channelId, userId: push.data.userId });
      case "callEnded":
        return this.dismiss(push.data.callId);
      default:
    }
  }

  private ring(call: IncomingCall): void {
    const here = this.current?.snapshot.callId === call.callId;
    if (here || call.initiatorId === this.connection.ready?.user._id) return;
    this.setIncoming([...this.ringing.filter((each) => each.callId !== call.callId), call]);
  }

  /** After a lost socket: what rang may be over, and nobody will say so again. */
  private async verify(): Promise<void> {
    await Promise.all(
      this.ringing.map(async ({ callId }) => {
        const status = await this.api.callRecord(callId).then(
          (record) => record.callStatus,
          () => null,
        );
        if (status !== null && status !== "ringing" && status !== "ongoing") this.dismiss(callId);
      }),
    );
  }

  private dismiss(callId: string): void {
    if (this.ringing.some((each) => each.callId === callId)) {
      this.setIncoming(this.ringing.filter((each) => each.callId !== callId));
    }
  }

  private setIncoming(calls: readonly IncomingCall[]): void {
    this.ringing = calls;
    this.emit("incoming", calls);
  }

  private setActive(call: Call | null): void {
    this.current = call;
    this.emit("active", call);
  }
}
