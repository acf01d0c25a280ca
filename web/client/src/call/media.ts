import { Emitter } from "../emitter";
import type { Source } from "../wire";

export type MediaProblemCode = "denied" | "missing" | "busy" | "unsupported" | "failed";

/** Why a device cannot be had, in a sentence for people. */
export interface MediaProblem {
  code: MediaProblemCode;
  message: string;
}

export interface DeviceState {
  readonly status: "off" | "starting" | "on" | "failed";
  readonly deviceId: string | null;
  readonly problem: MediaProblem | null;
}

export interface MediaState {
  readonly microphone: DeviceState;
  readonly camera: DeviceState;
  readonly screen: DeviceState;
  /** Muted by choice. A microphone that is not on is silent anyway. */
  readonly muted: boolean;
}

export interface Devices {
  microphones: MediaDeviceInfo[];
  cameras: MediaDeviceInfo[];
  speakers: MediaDeviceInfo[];
}

type MediaEvents = {
  changed: MediaState;
  /** What a source sends from now on; null for nothing. */
  track: { source: Source; track: MediaStreamTrack | null };
  devices: undefined;
};

type Device = "microphone" | "camera" | "screen";

const OFF: DeviceState = { status: "off", deviceId: null, problem: null };

/** The user's own microphone, camera and screen. What is off is released: no light stays on. */
export class LocalMedia extends Emitter<MediaEvents> {
  private current: MediaState = { microphone: OFF, camera: OFF, screen: OFF, muted: false };
  private readonly tracks = new Map<Source, MediaStreamTrack>();
  /** Counts starts and stops, so that a device that arrives after it was given up is released at once. */
  private readonly wishes = { microphone: 0, camera: 0, screen: 0 };
  private closed = false;

  constructor(private readonly media: MediaDevices | undefined = globalThis.navigator?.mediaDevices) {
    super();
    this.media?.addEventListener?.("devicechange", this.onDevices);
  }

  get state(): MediaState {
    return this.current;
  }

  track(source: Source): MediaStreamTrack | null {
    return this.tracks.get(source) ?? null;
  }

  startMicrophone(deviceId?: string | null): Promise<void> {
    const audio = { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...exactly(deviceId) };
    return this.start("microphone", deviceId, (media) => media.getUserMedia({ audio }));
  }

  startCamera(deviceId?: string | null): Promise<void> {
    const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
    return this.start("camera", deviceId, (media) => media.getUserMedia({ video: { ...size, ...exactly(deviceId) } }));
  }

  /** Lets the user pick a screen. Cancelling the browser's dialog is not a failure. */
  startScreen(): Promise<void> {
    const video = { frameRate: { ideal: 15, max: 30 } };
    return this.start("screen", null, (media) => {
      if (!media.getDisplayMedia) throw new DOMException("", "NotSupportedError");
      return media.getDisplayMedia({ video, audio: true });
    });
  }

  stopMicrophone(): void {
    this.stop("microphone");
  }

  stopCamera(): void {
    this.stop("camera");
  }

  stopScreen(): void {
    this.stop("screen");
  }

  setMuted(muted: boolean): void {
    const track = this.tracks.get("microphone");
    if (track) track.enabled = !muted;
    if (muted !== this.current.muted) this.change({ muted });
  }

  /** What there is to choose from. Names are empty until the user has allowed a device once. */
  async devices(): Promise<Devices> {
    const all = (await this.media?.enumerateDevices?.().catch(() => [])) ?? [];
    const of = (kind: MediaDeviceKind) => all.filter((device) => device.kind === kind && device.deviceId !== "");
    return { microphones: of("audioinput"), cameras: of("videoinput"), speakers: of("audiooutput") };
  }

  /** Releases everything, for good. */
  close(): void {
    this.closed = true;
    this.media?.removeEventListener?.("devicechange", this.onDevices);
    this.stop("screen");
    this.stop("camera");
    this.stop("microphone");
  }

  private readonly onDevices = () => this.emit("devices", undefined);

  private async start(
    device: Device,
    deviceId: string | null | undefined,
    open: (media: MediaDevices) => Promise<MediaStream>,
  ): Promise<void> {
    if (this.closed) return;
    const wish = ++this.wishes[device];
    this.set(device, { status: "starting", deviceId: deviceId ?? null, problem: null });
    try {
      if (!this.media) throw new DOMException("", "NotSupportedError");
      const stream = await open(this.media);
      if (wish !== this.wishes[device]) return stream.getTracks().forEach((track) => track.stop());
      this.adopt(device, stream);
      this.emit("devices", undefined);
    } catch (error) {
      if (wish !== this.wishes[device]) return;
      const cancelled = device === "screen" && (error as DOMException).name === "NotAllowedError";
      this.release(device);
      this.set(device, cancelled ? OFF : { status: "failed", deviceId: null, problem: problemOf(device, error) });
    }
  }

  private adopt(device: Device, stream: MediaStream): void {
    const main = device === "microphone" ? stream.getAudioTracks()[0] : stream.getVideoTracks()[0];
    if (!main) throw new DOMException("", "NotFoundError");
    if (device === "microphone") main.enabled = !this.current.muted;
    if (device === "camera") main.contentHint = "motion";
    if (device === "screen") main.contentHint = "detail";
    // The device was unplugged, or the user pressed the browser's own "stop sharing".
    main.addEventListener("ended", () => this.tracks.get(device) === main && this.ended(device));
    this.put(device, main);
    if (device === "screen") this.put("screen-audio", stream.getAudioTracks()[0] ?? null);
    this.set(device, { status: "on", deviceId: main.getSettings().deviceId ?? null, problem: null });
  }

  private ended(device: Device): void {
    this.stop(device);
    if (device === "screen") return;
    const message = device === "camera" ? "The camera was disconnected." : "The microphone was disconnected.";
    this.set(device, { status: "failed", deviceId: null, problem: { code: "missing", message } });
  }

  private stop(device: Device): void {
    this.wishes[device]++;
    this.release(device);
    this.set(device, OFF);
  }

  private release(device: Device): void {
    this.put(device, null);
    if (device === "screen") this.put("screen-audio", null);
  }

  /** The sender lets go of the old track before it is stopped, so that nobody sees its last frame for ever. */
  private put(source: Source, track: MediaStreamTrack | null): void {
    const old = this.tracks.get(source) ?? null;
    if (old === track) return;
    if (track) this.tracks.set(source, track);
    else this.tracks.delete(source);
    this.emit("track", { source, track });
    old?.stop();
  }

  private set(device: Device, state: DeviceState): void {
    this.change({ [device]: state });
  }

  private change(part: Partial<MediaState>): void {
    this.current = { ...this.current, ...part };
    this.emit("changed", this.current);
  }
}

function exactly(deviceId: string | null | undefined): { deviceId?: { exact: string } } {
  return deviceId ? { deviceId: { exact: deviceId } } : {};
}

const NAMES = { microphone: "microphone", camera: "camera", screen: "screen" };

/** What the browser's error means to a person. */
export function problemOf(device: Device, error: unknown): MediaProblem {
  const name = NAMES[device];
  switch ((error as DOMException | undefined)?.name) {
    case "NotAllowedError":
    case "SecurityError":
      return {
        code: "denied",
        message: `The browser may not use the ${name}. Allow it in the address bar's site settings, then try again.`,
      };
    case "NotFoundError":
    case "OverconstrainedError":
      return { code: "missing", message: `No ${name} was found.` };
    case "NotReadableError":
    case "AbortError":
      return { code: "busy", message: `The ${name} is in use by another program.` };
    case "NotSupportedError":
      return { code: "unsupported", message: `This browser cannot share the ${name} on this page.` };
    default:
      return { code: "failed", message: `The ${name} could not be started.` };
  }
}
