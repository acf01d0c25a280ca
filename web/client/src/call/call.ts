import type { Connection } from "../connection";
import { watchNetwork } from "../network";
import { Emitter } from "../emitter";
import { ParleyError } from "../errors";
import type { ActiveSpeakers, CallType, IceServer, Joined, Participant, Source } from "../wire";
import { type Announced, announcedOf, Announcer } from "./announcer";
import type { LocalMedia, MediaState } from "./media";
import { MediaPath } from "./path";
import { Peer } from "./peer";
import { Pushes, type PushTargets } from "./pushes";
import { slotsNeeded, without, withParticipant, withUpdate } from "./roster";
import { FIRST_SLOTS, SlotMap } from "./slots";
import { type CallSnapshot, firstSnapshot } from "./snapshot";
import { Speech } from "./speech";
import { type Shown, Viewer } from "./views";
import { MediaWatch } from "./watch";

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
  private readonly speech: Speech;
  private readonly unsubscribe: (() => void)[];
  private readonly announcer: Announcer;
  private readonly path: MediaPath;
  private readonly watch: MediaWatch;
  private rejoined = false;
  /** The server's end was made anew, and has been asked for nothing yet. */
  private viewsLost = false;
  private readonly pushes: Pushes;
  private resuming = false;
  private iceServers: IceServer[] = [];

  constructor(
    private readonly connection: Connection,
    private readonly options: CallOptions,
  ) {
    super();
    this.media = options.media;
    this.state = firstSnapshot(options, options.media.state);
    this.viewer = new Viewer((views) => connection.request("setView", { callId: options.callId, views }));
    this.speech = new Speech({ callId: options.callId, dominant: null, speakers: [] });
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
    this.pushes = new Pushes(options.callId, () => this.state.phase === "ended", this.targets());
    this.unsubscribe = [
      connection.on("push", (push) => this.pushes.take(push)),
      connection.on("online", () => void this.resume()),
      connection.people.onChange((current) => this.change({ participants: current(this.state.participants) })),
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
    return this.speech.voices;
  }

  get speakers(): ActiveSpeakers {
    return this.speech.heard;
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
    this.pushes.hold();
    try {
      const seat = participantId ? { participantId } : {};
      const joined = await this.connection.request("joinCall", { callId, hasVideo, isMuted, ...seat });
      this.seated(joined, { hasVideo, isMuted, isSharingScreen: false });
    } finally {
      this.pushes.release();
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

  /** What pushes come to. */
  private targets(): PushTargets {
    return {
      change: (part) => this.change(part),
      arrived: (participant) => this.arrived(participant),
      left: (participantId) => this.left(participantId),
      update: (participantId, part) => this.update(participantId, part),
      takeSlots: (slots) => {
        this.slots.take(slots);
        this.emit("tracks", undefined);
      },
      hear: (heard) => this.hear(heard),
      end: (reason) => this.end(reason),
      isOwn: (participantId) => participantId === this.state.participantId,
      peer: () => this.peer,
      path: this.path,
    };
  }

  private hear(heard: ActiveSpeakers): void {
    const others = this.speech.take(heard);
    this.emit("speakers", heard);
    if (others) this.emit("speaking", this.speech.voices);
  }

  private arrived(participant: Participant): void {
    this.change({ participants: withParticipant(this.state.participants, participant) });
    this.fitSlots();
  }

  private left(participantId: string): void {
    this.slots.leave(participantId);
    this.change({ participants: without(this.state.participants, participantId) });
    this.emit("tracks", undefined);
  }

  private update(participantId: string, part: Partial<Participant>): void {
    const participants = withUpdate(this.state.participants, participantId, part);
    if (participants === this.state.participants) return;
    this.change({ participants });
    if (part.isSharingScreen !== undefined) this.fitSlots();
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
