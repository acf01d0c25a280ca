import { ParleyError } from "../errors";
import type { IceServer, Source, TrackLayers, TrackOffer } from "../wire";
import type { Traffic } from "./watch";
import { activate, cameraEncodings, layerCount, refit, SCREEN_ENCODINGS } from "./encodings";
import { preferRedundancy } from "./redundancy";
import type { SlotCount } from "./slots";

export interface PeerOptions {
  /** Sends an offer and gives the answer's SDP. */
  offer: (sdp: string, tracks: TrackOffer[]) => Promise<string>;
  candidate: (candidate: RTCIceCandidate) => void;
  onState: (state: RTCPeerConnectionState) => void;
  /** ICE has chosen another way. */
  onMoved: () => void;
  /** An offer failed for another reason than a lost socket. */
  onProblem: (error: ParleyError) => void;
  create?: (config: RTCConfiguration) => RTCPeerConnection;
}

const ATTEMPTS = 4;
const CONFIG: RTCConfiguration = { bundlePolicy: "max-bundle" };

/**
 * The PeerConnection with the server. Only this side offers, one offer at a time; wishes that come during one are met by
 * the next. Sections are never removed: what a section carries changes without an offer.
 */
export class Peer {
  readonly pc: RTCPeerConnection;
  private readonly sections = new Map<Source, RTCRtpTransceiver>();
  private slots: SlotCount = { audio: 0, video: 0 };
  private wanted = false;
  private negotiating: Promise<void> | null = null;
  private answered = false;
  private closed = false;
  private begun = false;
  /** The first offer, made before it is asked for. */
  private draft: Promise<RTCSessionDescriptionInit> | null = null;
  private candidates: RTCIceCandidate[] = [];
  /** The layers that somebody takes, by section; a section that is not here sends all. */
  private taken = new Map<string, readonly string[]>();
  /** Changes of encodings, one after the other: each begins with what the one before left. */
  private fitting: Promise<void> = Promise.resolve();

  constructor(private readonly options: PeerOptions) {
    this.pc = (options.create ?? ((config) => new RTCPeerConnection(config)))(CONFIG);
    this.pc.addEventListener("connectionstatechange", () => options.onState(this.pc.connectionState));
    this.pc.addEventListener("icecandidate", ({ candidate }) => candidate?.candidate && this.found(candidate));
  }

  get slotCount(): SlotCount {
    return this.slots;
  }

  /** Makes the first sections: microphone, camera, and so many to receive. Needs no seat yet. */
  prepare(microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null, slots: SlotCount): void {
    const voice = this.pc.addTransceiver(microphone ?? "audio", { direction: "sendonly" });
    preferRedundancy(voice);
    this.sections.set("microphone", voice);
    const sendEncodings = cameraEncodings(camera ? sizeOf(camera) : null);
    this.sections.set("camera", this.pc.addTransceiver(camera ?? "video", { direction: "sendonly", sendEncodings }));
    this.addSlots(slots);
    this.draft = this.pc.createOffer();
    this.draft.catch(() => (this.draft = null)); // closed meanwhile
  }

  /** True once `connect` was called. */
  get connecting(): boolean {
    return this.begun;
  }

  /** Makes the first offer. */
  connect(iceServers: IceServer[]): void {
    this.begun = true;
    this.pc.setConfiguration({ ...CONFIG, iceServers });
    void this.negotiate();
  }

  /** More sections to receive, if there are fewer. */
  growSlots(slots: SlotCount): void {
    if (slots.audio <= this.slots.audio && slots.video <= this.slots.video) return;
    this.addSlots(slots);
    void this.negotiate();
  }

  /**
   * What a source sends from now on; resolves when the server knows. Microphone and camera keep their sections, and need
   * no offer. The sections of a screen are made by the first share, and rest while nothing is shared.
   */
  async setTrack(source: Source, track: MediaStreamTrack | null): Promise<void> {
    if (this.closed) return;
    const section = this.sections.get(source);
    if (!section) return track ? this.addSource(source, track) : undefined;
    await section.sender.replaceTrack(track);
    if (source === "camera" && track) await this.fit(source, section, track);
    if (source === "microphone" || source === "camera") return;
    section.direction = track ? "sendonly" : "inactive";
    await this.negotiate();
  }

  private async addSource(source: Source, track: MediaStreamTrack): Promise<void> {
    this.draft = null;
    const screen = source === "screen" ? { sendEncodings: SCREEN_ENCODINGS } : {};
    this.sections.set(source, this.pc.addTransceiver(track, { direction: "sendonly", ...screen }));
    await this.negotiate();
  }

  /** Sends no more than the layers that somebody takes. */
  takeLayers(tracks: readonly TrackLayers[]): void {
    this.taken = new Map(tracks.map(({ mid, active }) => [mid, active]));
    for (const [source, section] of this.sections) void this.fit(source, section);
  }

  /** The track that a section receives. */
  received(mid: string): RTCRtpReceiver | null {
    return this.pc.getTransceivers().find((each) => each.mid === mid)?.receiver ?? null;
  }

  sender(source: Source): RTCRtpSender | null {
    return this.sections.get(source)?.sender ?? null;
  }

  /** Looks for a way anew, with ICE servers whose credentials are fresh. */
  restartIce(iceServers: IceServer[]): void {
    if (this.closed || !this.begun) return;
    this.pc.setConfiguration({ ...CONFIG, iceServers });
    this.pc.restartIce();
    void this.negotiate();
  }

  /** What has gone both ways; null when the browser does not say. */
  async traffic(): Promise<Traffic | null> {
    const sender = this.sections.get("microphone")?.sender;
    if (!sender || this.closed || !this.answered) return null;
    return trafficOf(await sender.getStats()) ?? trafficOf(await this.pc.getStats());
  }

  /** Makes an offer, or sees to it that there will be one after the present; resolves when there is nothing left to offer. */
  private negotiate(): Promise<void> {
    if (!this.begun) return Promise.resolve(); // the first offer will say it all
    this.wanted = true;
    this.negotiating ??= this.negotiateAll().finally(() => (this.negotiating = null));
    return this.negotiating;
  }

  /** There is a socket again: an offer that could not be sent is made anew. */
  resume(): void {
    if (this.wanted) void this.negotiate();
  }

  close(): void {
    this.closed = true;
    this.pc.close();
  }

  private async negotiateAll(): Promise<void> {
    for (let failures = 0; this.wanted && !this.closed; ) {
      this.wanted = false;
      try {
        await this.offerOnce();
        failures = 0;
      } catch (problem) {
        this.wanted = true;
        if (!(await this.mayRetry(ParleyError.of(problem), ++failures))) break;
      }
    }
  }

  private async mayRetry(error: ParleyError, failures: number): Promise<boolean> {
    if (this.closed || error.code === "disconnected") return false; // `resume` makes the next one
    if (!error.retryable || failures >= ATTEMPTS) {
      this.wanted = false;
      this.options.onProblem(error);
      return false;
    }
    await new Promise((resolve) => setTimeout(resolve, error.retryAfterMs ?? 500 * failures));
    return true;
  }

  private async offerOnce(): Promise<void> {
    const draft = this.draft ?? this.pc.createOffer();
    this.draft = null;
    await this.pc.setLocalDescription(await draft);
    const sdp = this.pc.localDescription?.sdp;
    if (!sdp) throw new ParleyError("internal", "The browser made no offer.");
    const answer = await this.options.offer(sdp, this.tracks());
    if (this.closed) return;
    await this.pc.setRemoteDescription({ type: "answer", sdp: answer });
    if (!this.answered) this.watchIce();
    this.answered = true;
    this.candidates.splice(0).forEach((candidate) => this.options.candidate(candidate));
  }

  private watchIce(): void {
    const ice = this.sections.get("microphone")?.sender.transport?.iceTransport;
    ice?.addEventListener("selectedcandidatepairchange", () => this.closed || this.options.onMoved());
  }

  private tracks(): TrackOffer[] {
    return [...this.sections].flatMap(([source, { mid, direction }]) =>
      mid !== null && direction === "sendonly" ? [{ mid, source }] : [],
    );
  }

  private addSlots(slots: SlotCount): void {
    this.draft = null;
    for (let i = this.slots.audio; i < slots.audio; i++) {
      preferRedundancy(this.pc.addTransceiver("audio", { direction: "recvonly" }));
    }
    for (let i = this.slots.video; i < slots.video; i++) {
      takeDescriptors(this.pc.addTransceiver("video", { direction: "recvonly" }));
    }
    this.slots = { audio: Math.max(slots.audio, this.slots.audio), video: Math.max(slots.video, this.slots.video) };
  }

  /** Fits a section's layers to the picture of a new track, if one is given, and to what is taken of them. */
  private fit(source: Source, section: RTCRtpTransceiver, track: MediaStreamTrack | null = null): Promise<void> {
    // A refusal leaves the layers as they were, which is only less well used.
    return (this.fitting = this.fitting.then(() => this.fitNow(source, section, track)).catch(() => {}));
  }

  private async fitNow(source: Source, { mid, sender }: RTCRtpTransceiver, track: MediaStreamTrack | null): Promise<void> {
    if (this.closed) return;
    const parameters = sender.getParameters();
    if (parameters.encodings.length === 0) return; // before the first answer there is nothing to fit
    const before = JSON.stringify(parameters.encodings);
    if (source === "camera" && track) parameters.encodings = refit(parameters.encodings, sizeOf(track));
    if (parameters.encodings.length > 1) {
      const used = sender.track ? Math.min(parameters.encodings.length, layerCount(sizeOf(sender.track))) : parameters.encodings.length;
      const all = parameters.encodings.flatMap(({ rid }) => rid ?? []);
      parameters.encodings = activate(parameters.encodings, used, this.taken.get(mid ?? "") ?? all);
    }
    if (JSON.stringify(parameters.encodings) !== before) await sender.setParameters(parameters);
  }

  /** The server must know the offer before its candidates. */
  private found(candidate: RTCIceCandidate): void {
    if (this.answered) this.options.candidate(candidate);
    else this.candidates.push(candidate);
  }
}

/** Of a browser's API that TypeScript does not know yet. */
interface Negotiable {
  getHeaderExtensionsToNegotiate?(): { uri: string; direction: RTCRtpTransceiverDirection }[];
  setHeaderExtensionsToNegotiate?(extensions: { uri: string; direction: RTCRtpTransceiverDirection }[]): void;
}

/** Lets a section receive dependency descriptors, without which AV1 in spatial layers cannot be read. */
function takeDescriptors(transceiver: RTCRtpTransceiver & Negotiable): void {
  const extensions = transceiver.getHeaderExtensionsToNegotiate?.();
  if (!extensions || !transceiver.setHeaderExtensionsToNegotiate) return;
  for (const extension of extensions) {
    if (extension.uri.includes("#dependency-descriptor")) extension.direction = "sendrecv";
  }
  transceiver.setHeaderExtensionsToNegotiate(extensions);
}

/** Of a browser that counts by transport, or else by candidate pair. */
function trafficOf(report: RTCStatsReport): Traffic | null {
  const all = [...report.values()] as { type: string; nominated?: boolean; bytesSent?: number; bytesReceived?: number }[];
  const counted = all.find(({ type }) => type === "transport") ?? all.find(({ type, nominated }) => type === "candidate-pair" && nominated);
  if (counted?.bytesSent === undefined || counted.bytesReceived === undefined) return null;
  return { sent: counted.bytesSent, received: counted.bytesReceived };
}

function sizeOf(track: MediaStreamTrack): { width: number; height: number } {
  const { width = 1280, height = 720 } = track.getSettings();
  return { width, height };
}
