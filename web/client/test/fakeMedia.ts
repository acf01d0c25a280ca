/** Plays the browser's devices and PeerConnections, as far as a call uses them. */
export class FakeTrack extends EventTarget {
  enabled = true;
  contentHint = "";
  readyState: "live" | "ended" = "live";

  constructor(
    readonly kind: "audio" | "video",
    private readonly settings: MediaTrackSettings = {},
  ) {
    super();
  }

  getSettings(): MediaTrackSettings {
    return this.settings;
  }

  stop(): void {
    this.readyState = "ended";
  }

  /** The device goes away, or the browser's own "stop sharing" is pressed. */
  die(): void {
    this.stop();
    this.dispatchEvent(new Event("ended"));
  }
}

export class FakeDevices extends EventTarget {
  readonly opened: FakeTrack[] = [];
  fail: string | null = null;
  size = { width: 1280, height: 720 };
  hold: Promise<void> = Promise.resolve();

  async getUserMedia({ audio, video }: MediaStreamConstraints): Promise<MediaStream> {
    await this.hold;
    if (this.fail) throw Object.assign(new Error(), { name: this.fail });
    return this.stream(audio ? ["audio"] : video ? ["video"] : []);
  }

  async getDisplayMedia(): Promise<MediaStream> {
    if (this.fail) throw Object.assign(new Error(), { name: this.fail });
    return this.stream(["video", "audio"]);
  }

  enumerateDevices(): Promise<MediaDeviceInfo[]> {
    return Promise.resolve([]);
  }

  private stream(kinds: ("audio" | "video")[]): MediaStream {
    const tracks = kinds.map((kind) => new FakeTrack(kind, { deviceId: `${kind}-1`, ...this.size }));
    this.opened.push(...tracks);
    const of = (kind: string) => tracks.filter((track) => track.kind === kind);
    return {
      getTracks: () => tracks,
      getAudioTracks: () => of("audio"),
      getVideoTracks: () => of("video"),
    } as unknown as MediaStream;
  }

  get media(): MediaDevices {
    return this as unknown as MediaDevices;
  }
}

class FakeSender {
  parameters: { encodings: RTCRtpEncodingParameters[] };
  track: FakeTrack | null;

  constructor(track: FakeTrack | null, encodings: RTCRtpEncodingParameters[]) {
    this.track = track;
    this.parameters = { encodings };
  }

  replaceTrack(track: FakeTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getParameters = () => structuredClone(this.parameters);

  setParameters(parameters: { encodings: RTCRtpEncodingParameters[] }): Promise<void> {
    this.parameters = parameters;
    return Promise.resolve();
  }

  getStats = () => Promise.resolve(new Map());
}

export class FakeTransceiver {
  mid: string | null = null;
  extensions = [{ uri: "urn:ietf:params:rtp-hdrext:sdes:mid", direction: "sendrecv" }, { uri: "https://example.org/#dependency-descriptor-x", direction: "stopped" }];
  getHeaderExtensionsToNegotiate = () => structuredClone(this.extensions);
  setHeaderExtensionsToNegotiate = (extensions: { uri: string; direction: string }[]) => void (this.extensions = extensions);
  direction: RTCRtpTransceiverDirection;
  readonly sender: FakeSender;
  readonly receiver: { track: FakeTrack; getStats: () => Promise<Map<string, unknown>> };

  constructor(trackOrKind: FakeTrack | "audio" | "video", init: RTCRtpTransceiverInit) {
    const kind = typeof trackOrKind === "string" ? trackOrKind : trackOrKind.kind;
    this.direction = init.direction ?? "sendrecv";
    this.sender = new FakeSender(typeof trackOrKind === "string" ? null : trackOrKind, init.sendEncodings ?? []);
    this.receiver = { track: new FakeTrack(kind), getStats: () => Promise.resolve(new Map()) };
  }
}

export class FakePeerConnection extends EventTarget {
  static all: FakePeerConnection[] = [];
  connectionState: RTCPeerConnectionState = "new";
  localDescription: { type: string; sdp: string } | null = null;
  readonly transceivers: FakeTransceiver[] = [];
  readonly answers: string[] = [];
  restarts = 0;
  configured: RTCConfiguration | null = null;

  constructor(readonly config: RTCConfiguration) {
    super();
    FakePeerConnection.all.push(this);
  }

  static create = (config: RTCConfiguration) => new FakePeerConnection(config) as unknown as RTCPeerConnection;

  addTransceiver(trackOrKind: FakeTrack | "audio" | "video", init: RTCRtpTransceiverInit = {}): FakeTransceiver {
    const transceiver = new FakeTransceiver(trackOrKind, init);
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers = () => this.transceivers;

  setConfiguration(config: RTCConfiguration): void {
    this.configured = config;
  }

  createOffer(): Promise<{ type: string; sdp: string }> {
    return Promise.resolve({ type: "offer", sdp: `offer of ${this.transceivers.length} sections` });
  }

  setLocalDescription(description: { type: string; sdp: string }): Promise<void> {
    this.transceivers.forEach((transceiver, index) => (transceiver.mid ??= String(index)));
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    this.answers.push(sdp);
    return Promise.resolve();
  }

  restartIce(): void {
    this.restarts++;
  }

  getStats = () => Promise.resolve(new Map());

  close(): void {
    this.connectionState = "closed";
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}
