import type { Connection, Push } from "../connection";
import { watchNetwork } from "../network";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { ActiveSpeakers, CallType, ConnectionQuality, Grade, IceServer, Joined, Participant, Pushes, Source } from "../wire";
import { type Announced, announcedOf, Announcer } from "./announcer";
import type { LocalMedia, MediaState } from "./media";
import { MediaPath } from "./path";
import { Peer } from "./peer";
import { gradeOf, type Quality } from "./quality";
import { slotsNeeded, without, withParticipant, withUpdate } from "./roster";
import { FIRST_SLOTS, SlotMap } from "./slots";
import { type Shown, Viewer } from "./views";
import { MediaWatch } from "./watch";

/**
 * - `joining`: the seat is being asked for
 * - `connecting`: the media path is being made
 * - `connected`
 * - `reconnecting`: the media path was lost, and is being made again
 * - `ended`
 */
export type CallPhase = "joining" | "connecting" | "connected" | "reconnecting" | "ended";

export interface CallSnapshot {
  readonly callId: string;
  readonly channelId: string;
  readonly callType: CallType;
  readonly phase: CallPhase;
  /** One's own seat; empty while joining. */
  readonly participantId: string;
  /** The others, in order of joining. */
  readonly participants: readonly Participant[];
  readonly isMuted: boolean;
  readonly hasVideo: boolean;
  readonly isSharingScreen: boolean;
  readonly quality: Quality;
  /** What the quality is made of; null until the server has judged it. */
  readonly connection: ConnectionQuality | null;
  /** How well everyone is connected, by seat. */
  readonly grades: Readonly<Record<string, Grade>>;
  /** When this client joined, in milliseconds. */
  readonly joinedAt: number;
  /** Why it ended: `left`, `completed`, another status of the call, or an error's code. */
  readonly endReason: string | null;
  readonly problem: { code: string; message: string } | null;
}

type CallEvents = {
  changed: CallSnapshot;
  /** Which track carries whom may have changed. */
  tracks: undefined;
  /** Who speaks, by seat. */
  speaking: ReadonlySet<string>;
  /** The same with levels, and who is dominant. */
  speakers: ActiveSpeakers;
};

export interface CallOptions {
  callId: string;
  channelId: string;
  callType: CallType;
  media: LocalMedia;
  createPeerConnection?: (config: RTCConfiguration) => RTCPeerConnection;
}

const GONE = new Set(["call_not_found", "call_ended", "channel_not_found", "not_found", "not_in_call"]);

/** One call that this client is in: its seat, its PeerConnection, and who is heard and seen in it. */
export class Call extends Emitter<CallEvents> {
  private state: CallSnapshot;
  private peer: Peer | null = null;
  private readonly media: LocalMedia;
  private readonly slots = new SlotMap();
  private readonly viewer: Viewer;
  private heard: ActiveSpeakers;
  private voices: ReadonlySet<string> = new Set();
  private readonly unsubscribe: (() => void)[];
  private readonly announcer: Announcer;
  private readonly path: MediaPath;
  private readonly watch: MediaWatch;
  private rejoined = false;
  /** The server's end was made anew, and has been asked for nothing yet. */
  private viewsLost = false;
  /** Pushes that arrive while a seat is asked for; they go on top of what the answer says. */
  private early: Push[] | null = null;
  private resuming = false;
  private iceServers: IceServer[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly options: CallOptions,
  ) {
    super();
    this.media = options.media;
    this.state = first(options);
    this.viewer = new Viewer((views) => connection.request("setView", { callId: options.callId, views }));
    this.heard = { callId: options.callId, dominant: null, speakers: [] };
    this.announcer = new Announcer(connection, options.callId);
    this.path = new MediaPath({
      found: () => this.connected(),
      lost: () => this.change({ phase: "reconnecting" }),
      canTry: () => connection.state === "online" && !this.resuming, // else `resume` goes on from there
      checkSocket: () => void connection.verify(),
      restartIce: () => this.peer?.restartIce(this.iceServers),
      rebuild: () => this.connectPeer(),
    });
    this.watch = new MediaWatch({
      traffic: () => this.peer?.traffic() ?? Promise.resolve(null),
      heard: () => this.path.heard(),
      doubtful: () => void connection.verify(),
      silent: () => this.path.silent(),
      woke: () => this.path.suspect(),
    });
    this.watch.start();
    this.unsubscribe = [
      connection.on("push", (push) => this.take(push)),
      connection.on("online", () => void this.resume()),
      watchNetwork(() => this.path.suspect()),
      this.media.on("track", ({ source, track }) => this.publish(source, track)),
      this.media.on("changed", (state) => this.tellMedia(state)),
    ];
  }

  get snapshot(): CallSnapshot {
    return this.state;
  }

  get local(): LocalMedia {
    return this.media;
  }

  get speaking(): ReadonlySet<string> {
    return this.voices;
  }

  get speakers(): ActiveSpeakers {
    return this.heard;
  }

  /** For tests and for a program's own statistics. */
  get peerConnection(): RTCPeerConnection | null {
    return this.peer?.pc ?? null;
  }

  /** Takes a seat and starts the media path. Resolves when the seat is there. */
  async join(): Promise<void> {
    try {
      this.peer = this.newPeer(); // made while the server answers
      await this.takeSeat();
    } catch (problem) {
      const error = ParleyError.of(problem);
      this.end(error.code, error);
      throw error;
    }
  }

  async leave(): Promise<void> {
    if (this.state.phase === "ended") return;
    const told = this.connection.request("leaveCall", { callId: this.state.callId }, 3_000);
    this.end("left");
    await told.catch(() => {}); // a server that was not reached notices by itself
  }

  /** What is received of a participant's source; one's own comes from the device. */
  track(participantId: string, source: Source): MediaStreamTrack | null {
    if (participantId === this.state.participantId) return this.media.track(source);
    const mid = this.slots.mid(participantId, source);
    return mid === null ? null : (this.peer?.received(mid)?.track ?? null);
  }

  /** The tracks to play: one for each section that carries sound. */
  audioTracks(): { mid: string; track: MediaStreamTrack }[] {
    return this.slots.filled("audio").flatMap(({ mid }) => {
      const track = this.peer?.received(mid)?.track;
      return track ? [{ mid, track }] : [];
    });
  }

  /** Notes what an element of the page shows; null when it is gone. The server sends what is shown, as large as shown. */
  setView(element: object, shown: Shown | null): void {
    if (shown?.participantId !== this.state.participantId) this.viewer.show(element, shown);
  }

  async toggleMute(): Promise<void> {
    const { microphone, muted } = this.media.state;
    if (microphone.status === "on") return this.media.setMuted(!muted);
    this.media.setMuted(false);
    await this.media.startMicrophone(microphone.deviceId);
  }

  async toggleCamera(): Promise<void> {
    const { status, deviceId } = this.media.state.camera;
    if (status === "on" || status === "starting") this.media.stopCamera();
    else await this.media.startCamera(deviceId);
  }

  async toggleScreen(): Promise<void> {
    if (this.media.state.screen.status === "off" || this.media.state.screen.status === "failed") {
      await this.media.startScreen();
    } else this.media.stopScreen();
  }

  // --- The seat

  private async takeSeat(participantId?: string): Promise<void> {
    const { callId, hasVideo, isMuted } = this.state;
    this.early = [];
    try {
      const seat = participantId ? { participantId } : {};
      const joined = await this.connection.request("joinCall", { callId, hasVideo, isMuted, ...seat });
      this.seated(joined, { hasVideo, isMuted, isSharingScreen: false });
    } finally {
      const early = this.early;
      this.early = null;
      early.forEach((push) => this.take(push));
    }
  }

  private seated(joined: Joined, said: Announced): void {
    if (this.state.phase === "ended") return;
    this.iceServers = joined.iceServers;
    const { participantId, callType, channelId } = joined;
    const participants = without(joined.participants, participantId);
    this.change({ participantId, callType, channelId, participants, problem: null });
    if (!joined.resumed || !this.peer?.connecting) this.connectPeer();
    else if (!this.path.searching) this.peer.resume();
    this.fitSlots();
    // A seat that was resumed may stand as it was before.
    this.announcer.begin(joined.resumed ? null : said, announcedOf(this.media.state));
    this.viewer.resend();
  }

  /** The socket was lost and is there again: asks for the same seat. What was missed is in the answer. */
  private async resume(): Promise<void> {
    if (this.resuming || !this.state.participantId || this.state.phase === "ended") return;
    this.resuming = true;
    try {
      await this.takeSeat(this.state.participantId);
    } catch (problem) {
      const error = ParleyError.of(problem);
      if (!error.retryable || GONE.has(error.code)) this.end(error.code, error);
      else if (error.code !== "disconnected") setTimeout(() => void this.resume(), error.retryAfterMs ?? 1_000);
    } finally {
      this.resuming = false;
      this.path.resumed();
    }
  }

  private newPeer(): Peer {
    const { callId, createPeerConnection } = this.options;
    const peer: Peer = new Peer({
      offer: async (sdp, tracks) => {
        const answer = await this.connection.request("webrtc:offer", { callId, type: "offer", sdp, tracks });
        this.iceServers = answer.iceServers;
        return answer.sdp;
      },
      candidate: ({ candidate, sdpMid, sdpMLineIndex }) =>
        void this.connection
          .request("webrtc:ice-candidate", { callId, candidate, sdpMid, sdpMLineIndex })
          .catch(() => {}), // the server also learns our addresses from our checks
      onState: (state) => peer === this.peer && this.path.changed(state),
      onMoved: () => peer === this.peer && this.path.heard(),
      onProblem: (error) => peer === this.peer && this.offerRefused(error),
      ...(createPeerConnection ? { create: createPeerConnection } : {}),
    });
    peer.prepare(this.media.track("microphone"), this.media.track("camera"), FIRST_SLOTS);
    return peer;
  }

  /** Connects the PeerConnection that is prepared, or a new one in place of one that is of no more use. */
  private connectPeer(): void {
    if (!this.peer || this.peer.connecting) {
      this.peer?.close();
      this.peer = this.newPeer();
      this.viewsLost = true;
    }
    this.slots.clear();
    this.change({ phase: this.state.phase === "joining" ? "connecting" : "reconnecting" });
    this.peer.connect(this.iceServers);
    for (const source of ["screen", "screen-audio"] as const) this.publish(source, this.media.track(source));
    this.emit("tracks", undefined);
  }

  // --- The media path

  private connected(): void {
    this.change({ phase: "connected", problem: null });
    if (this.viewsLost) this.viewer.resend();
    this.viewsLost = false;
  }

  /** The server does not take our offers on this seat: a new seat, once; if that fails too, the call is over for us. */
  private offerRefused(error: ParleyError): void {
    if (this.rejoined) return this.end(error.code, error);
    this.rejoined = true;
    this.takeSeat().catch((problem: unknown) => {
      const again = ParleyError.of(problem);
      if (again.code !== "disconnected") this.end(again.code, again);
    });
  }

  private publish(source: Source, track: MediaStreamTrack | null): void {
    const offered = (this.peer?.setTrack(source, track) ?? Promise.resolve()).catch((problem: unknown) => {
      const { code, message } = ParleyError.of(problem);
      this.change({ problem: { code, message } });
    });
    if (source === "screen") this.announcer.screenChanges(offered);
    this.emit("tracks", undefined);
  }

  private tellMedia(media: MediaState): void {
    const announced = announcedOf(media);
    this.change(announced);
    if (this.state.participantId && this.state.phase !== "ended") this.announcer.tell(announced);
  }

  // --- Pushes

  private take(push: Push): void {
    if (!("callId" in push.data) || push.data.callId !== this.state.callId || this.state.phase === "ended") return;
    if (this.early) return void this.early.push(push);
    switch (push.event) {
      case "participantJoined":
        return this.arrived(push.data);
      case "participantLeft":
        return this.left(push.data);
      case "participantMuteToggled":
        return this.update(push.data.participantId, { isMuted: push.data.isMuted });
      case "participantVideoToggled":
        return this.update(push.data.participantId, { hasVideo: push.data.hasVideo });
      case "participantScreenToggled":
        this.update(push.data.participantId, { isSharingScreen: push.data.isSharingScreen });
        return this.fitSlots();
      case "slots":
        this.slots.take(push.data.slots);
        return this.emit("tracks", undefined);
      case "activeSpeakers":
        return this.hear(push.data);
      case "connectionQuality":
        return this.change({ connection: push.data, quality: gradeOf(push.data) });
      case "callQuality":
        return this.change({ grades: Object.fromEntries(push.data.participants.map((each) => [each.participantId, each.quality])) });
      case "layers":
        return this.peer?.takeLayers(push.data.tracks);
      case "mediaState":
        if (push.data.participantId === this.state.participantId && push.data.state === "failed") this.path.abandoned();
        return;
      case "webrtc:restart":
        return this.path.noticed();
      case "callEnded":
        return this.end(push.data.callStatus);
      default:
    }
  }

  private hear(heard: ActiveSpeakers): void {
    this.heard = heard;
    this.emit("speakers", heard);
    const voices = new Set(heard.speakers.map(({ participantId }) => participantId));
    if (voices.size === this.voices.size && [...voices].every((each) => this.voices.has(each))) return;
    this.voices = voices;
    this.emit("speaking", voices);
  }

  private arrived({ callId: _, ...participant }: Pushes["participantJoined"]): void {
    const { participantId } = participant;
    if (participantId === this.state.participantId) return;
    this.change({ participants: withParticipant(this.state.participants, participant) });
    this.fitSlots();
  }

  private left({ participantId, reason }: Pushes["participantLeft"]): void {
    if (participantId === this.state.participantId) return this.end(reason);
    this.slots.leave(participantId);
    this.change({ participants: without(this.state.participants, participantId) });
    this.emit("tracks", undefined);
  }

  private update(participantId: string, part: Partial<Participant>): void {
    const participants = withUpdate(this.state.participants, participantId, part);
    if (participants !== this.state.participants) this.change({ participants });
  }

  private fitSlots(): void {
    if (this.peer) this.peer.growSlots(slotsNeeded(this.state.participants, this.peer.slotCount));
  }

  private end(reason: string, error?: ParleyError): void {
    if (this.state.phase === "ended") return;
    const problem = error ? { code: error.code, message: error.message } : null;
    this.change({ phase: "ended", endReason: reason, problem });
    this.path.stop();
    this.watch.stop();
    this.unsubscribe.forEach((stop) => stop());
    this.viewer.stop();
    this.peer?.close();
    this.media.close();
  }

  private change(part: Partial<CallSnapshot>): void {
    if (this.state.phase === "ended") return;
    this.state = { ...this.state, ...part };
    this.emit("changed", this.state);
  }
}

function first({ callId, channelId, callType, media }: CallOptions): CallSnapshot {
  return {
    callId,
    channelId,
    callType,
    phase: "joining",
    participantId: "",
    participants: [],
    ...announcedOf(media.state),
    quality: "unknown",
    connection: null,
    grades: {},
    joinedAt: Date.now(),
    endReason: null,
    problem: null,
  };
}
