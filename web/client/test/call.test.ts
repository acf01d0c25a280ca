import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Call } from "../src/call/call";
import { LocalMedia } from "../src/call/media";
import { Connection } from "../src/connection";
import type { Participant } from "../src/wire";
import { FakeDevices, FakePeerConnection, type FakeTrack } from "./fakeMedia";
import { FakeSocket, READY } from "./fakeSocket";

beforeEach(() => {
  vi.useFakeTimers();
  FakePeerConnection.all = [];
});
afterEach(() => void vi.useRealTimers());

const pass = (ms = 0) => vi.advanceTimersByTimeAsync(ms);

const BOB: Participant = {
  participantId: "p-bob",
  userId: "bob",
  userName: "Bob",
  avatarUrl: "",
  hasVideo: true,
  isMuted: false,
  isSharingScreen: false,
  joinedAt: "2026-11-23T09:31:00.000Z",
};

/** A server with one call in it. */
class Server {
  participants: Participant[] = [BOB];
  resumed = true;
  seat = "p-me";
  refuseOffers = 0;
  refuseJoin: object | null = null;
  beforeAck: () => void = () => {};
  holdOffers: Promise<void> = Promise.resolve();
  readonly socket: FakeSocket = new FakeSocket(READY, (event, payload) => this.answer(event, payload));

  private async answer(event: string, payload: unknown): Promise<unknown> {
    if (event === "joinCall") {
      if (this.refuseJoin) return this.refuseJoin;
      this.beforeAck();
      const resumed = this.resumed && (payload as { participantId?: string }).participantId === this.seat;
      return {
        success: true, callId: "c", channelId: "h", callType: "video",
        participantId: this.seat, resumed, participants: this.participants, iceServers: [{ urls: "turn:example.com" }],
      };
    }
    if (event === "webrtc:offer") {
      await this.holdOffers;
      if (this.refuseOffers-- > 0) return { error: "Not now.", code: "unavailable" };
      return { success: true, type: "answer", sdp: `answer to ${(payload as { sdp: string }).sdp}`, iceServers: [{ urls: "turn:fresh.example.com" }] };
    }
    return { success: true };
  }

  sent(event: string): Record<string, unknown>[] {
    return this.socket.requests.filter((each) => each.event === event).map(({ payload }) => payload as Record<string, unknown>);
  }
}

async function joined(
  setUp: (server: Server, devices: FakeDevices) => void = () => {},
  withMedia: (media: LocalMedia) => void = () => {},
) {
  const server = new Server();
  const devices = new FakeDevices();
  setUp(server, devices);
  const connection = new Connection({ token: () => Promise.resolve("t"), dial: server.socket.dial, random: () => 0 });
  connection.open();
  await pass();
  const media = new LocalMedia(devices.media);
  withMedia(media);
  await Promise.all([media.startMicrophone(), media.startCamera()]);
  const call = new Call(connection, { callId: "c", channelId: "h", callType: "video", media, createPeerConnection: FakePeerConnection.create });
  await call.join();
  await pass();
  const pc = () => FakePeerConnection.all.at(-1)!;
  return { server, devices, media, call, pc, push: (event: string, data: object) => server.socket.push(event, { callId: "c", ...data }) };
}

const track = (call: Call, id: string, source: "camera" | "microphone" | "screen") => call.track(id, source) as unknown as FakeTrack | null;

describe("joining", () => {
  it("offers microphone, camera in three layers, and slots, in one PeerConnection", async () => {
    const { server, pc } = await joined();
    expect(FakePeerConnection.all).toHaveLength(1);
    const [microphone, camera, ...slots] = pc().transceivers;
    expect([microphone?.direction, camera?.direction]).toEqual(["sendonly", "sendonly"]);
    expect(camera?.sender.parameters.encodings.map(({ rid }) => rid)).toEqual(["q", "h", "f"]);
    expect(slots.every(({ direction }) => direction === "recvonly")).toBe(true);
    expect(slots).toHaveLength(10);
    const described = (each: { extensions: { direction: string }[] }) => each.extensions[1]?.direction === "sendrecv";
    expect(slots.filter(described)).toHaveLength(6); // the video ones
    expect([microphone, camera].some((each) => each && described(each))).toBe(false);
    expect(server.sent("webrtc:offer")[0]).toMatchObject({
      type: "offer",
      tracks: [{ mid: "0", source: "microphone" }, { mid: "1", source: "camera" }],
    });
    expect(pc().answers).toHaveLength(1);
    expect(pc().configured).toEqual({ bundlePolicy: "max-bundle", iceServers: [{ urls: "turn:example.com" }] });
  });

  it("sends what is on when the seat is there, not what was on when it was asked for", async () => {
    let media: LocalMedia | null = null;
    const { call, pc, server } = await joined(
      (each) => (each.beforeAck = () => media?.stopCamera()),
      (made) => (media = made),
    );
    expect(pc().transceivers[1]?.sender.track).toBeNull();
    expect(call.snapshot.hasVideo).toBe(false);
    expect(server.sent("toggleVideo").at(-1)).toEqual({ callId: "c", hasVideo: false });
  });

  it("announces two layers of a small camera", async () => {
    const { pc } = await joined((_, devices) => (devices.size = { width: 640, height: 360 }));
    expect(pc().transceivers[1]?.sender.parameters.encodings.map(({ rid }) => rid)).toEqual(["h", "f"]);
  });

  it("works without any device, and says so", async () => {
    const { server, call, pc } = await joined((_, devices) => (devices.fail = "NotFoundError"));
    expect(call.snapshot).toMatchObject({ isMuted: true, hasVideo: false });
    expect(server.sent("joinCall")[0]).toMatchObject({ isMuted: true, hasVideo: false });
    expect(pc().transceivers[1]?.sender.parameters.encodings).toHaveLength(3);
  });

  it("puts what is pushed before the ack on top of the ack", async () => {
    const carol = { ...BOB, participantId: "p-carol", userId: "carol" };
    const { call } = await joined((server) => {
      server.participants = [BOB, carol];
      server.beforeAck = () => {
        server.socket.push("participantLeft", { callId: "c", participantId: "p-bob", userId: "bob", reason: "left" });
        server.socket.push("participantMuteToggled", { callId: "c", participantId: "p-carol", userId: "carol", isMuted: true });
        server.socket.push("slots", { callId: "c", slots: [{ mid: "6", kind: "video", participantId: "p-carol", userId: "carol", source: "camera" }] });
      };
    });
    expect(call.snapshot.participants.map(({ participantId, isMuted }) => [participantId, isMuted])).toEqual([["p-carol", true]]);
    expect(call.track("p-carol", "camera")).not.toBeNull();
  });

  it("ignores the news that oneself has joined", async () => {
    const { call, push } = await joined();
    push("participantJoined", { ...BOB, participantId: "p-me", userId: "alice" });
    expect(call.snapshot.participants.map(({ participantId }) => participantId)).toEqual(["p-bob"]);
  });

  it("shows people as they look now", async () => {
    const { call, push } = await joined();
    push("peopleChanged", { people: [{ _id: BOB.userId, name: "Robert", avatarUrl: "/bob.png" }], isReset: false });
    expect(call.snapshot.participants).toMatchObject([{ userName: "Robert", avatarUrl: "/bob.png" }]);
  });

  it("ends with the reason when there is no seat", async () => {
    const server = new Server();
    server.refuseJoin = { error: "The call is full.", code: "call_full" };
    const connection = new Connection({ token: () => Promise.resolve("t"), dial: server.socket.dial });
    connection.open();
    await pass();
    const media = new LocalMedia(new FakeDevices().media);
    const call = new Call(connection, { callId: "c", channelId: "h", callType: "voice", media, createPeerConnection: FakePeerConnection.create });
    await expect(call.join()).rejects.toMatchObject({ code: "call_full" });
    expect(call.snapshot).toMatchObject({ phase: "ended", endReason: "call_full" });
  });
});

describe("receiving", () => {
  it("finds the track of the section that carries somebody", async () => {
    const { call, pc, push } = await joined();
    expect(track(call, "p-bob", "camera")).toBeNull();
    push("slots", { slots: [
      { mid: "2", kind: "audio", participantId: "p-bob", userId: "bob", source: "microphone" },
      { mid: "6", kind: "video", participantId: "p-bob", userId: "bob", source: "camera" },
    ] });
    expect(track(call, "p-bob", "camera")).toBe(pc().transceivers[6]?.receiver.track);
    expect(call.audioTracks().map(({ mid }) => mid)).toEqual(["2"]);
    push("participantLeft", { participantId: "p-bob", userId: "bob", reason: "left" });
    expect(track(call, "p-bob", "camera")).toBeNull();
    expect(call.snapshot.participants).toEqual([]);
  });

  it("adds sections when more join than there are slots, one offer at a time", async () => {
    const { server, pc, push } = await joined();
    let free = () => {};
    server.holdOffers = new Promise((resolve) => (free = () => resolve()));
    for (let i = 0; i < 12; i++) push("participantJoined", { ...BOB, participantId: `p-${i}`, userId: `u-${i}` });
    await pass();
    expect(server.sent("webrtc:offer")).toHaveLength(2);
    free();
    await pass();
    expect(server.sent("webrtc:offer")).toHaveLength(3);
    const video = pc().transceivers.filter(({ direction, receiver }) => direction === "recvonly" && receiver.track.kind === "video");
    expect(video.length).toBeGreaterThanOrEqual(13);
    expect(pc().answers).toHaveLength(3);
  });

  it("tells what is shown, never oneself", async () => {
    const { server, call } = await joined();
    call.setView({}, { participantId: "p-bob", source: "camera", width: 640, height: 360 });
    call.setView({}, { participantId: "p-me", source: "camera", width: 640, height: 360 });
    await pass(30);
    expect(server.sent("setView").at(-1)?.["views"]).toEqual([{ participantId: "p-bob", source: "camera", width: 640, height: 368 }]);
  });
});

describe("sending", () => {
  it("mutes without letting go of the microphone", async () => {
    const { server, call, devices, pc } = await joined();
    await call.toggleMute();
    await pass();
    expect(devices.opened[0]).toMatchObject({ enabled: false, readyState: "live" });
    expect(pc().transceivers[0]?.sender.track).toBe(devices.opened[0]);
    expect(server.sent("toggleMute").at(-1)).toEqual({ callId: "c", isMuted: true });
    await call.toggleMute();
    expect(devices.opened[0]?.enabled).toBe(true);
  });

  it("releases the camera when it stops, and starts it again without an offer", async () => {
    const { server, call, devices, pc } = await joined();
    await call.toggleCamera();
    await pass();
    expect(devices.opened[1]?.readyState).toBe("ended");
    expect(pc().transceivers[1]?.sender.track).toBeNull();
    expect(server.sent("toggleVideo").at(-1)).toEqual({ callId: "c", hasVideo: false });
    await call.toggleCamera();
    await pass();
    expect(pc().transceivers[1]?.sender.track).toBe(devices.opened[2]);
    expect(server.sent("toggleVideo").at(-1)).toEqual({ callId: "c", hasVideo: true });
    expect(server.sent("webrtc:offer")).toHaveLength(1);
  });

  it("fits the announced layers to a smaller camera", async () => {
    const { media, devices, pc } = await joined();
    devices.size = { width: 640, height: 360 };
    await media.startCamera("other");
    await pass();
    expect(pc().transceivers[1]?.sender.parameters.encodings.map(({ active }) => active)).toEqual([true, true, false]);
    expect(devices.opened[1]?.readyState).toBe("ended");
  });

  it("sends the layers that somebody takes, and keeps to that with another camera", async () => {
    const { media, devices, pc, push } = await joined();
    const active = () => pc().transceivers[1]?.sender.parameters.encodings.map((each) => each.active);
    push("layers", { tracks: [{ mid: "1", source: "camera", active: ["q"] }] });
    await pass();
    expect(active()).toEqual([true, false, false]);
    push("layers", { tracks: [{ mid: "1", source: "camera", active: ["q", "f"] }] });
    await pass();
    expect(active()).toEqual([true, false, true]);
    devices.size = { width: 640, height: 360 };
    await media.startCamera("small");
    await pass();
    expect(active()).toEqual([true, true, false]);
    push("layers", { tracks: [{ mid: "1", source: "camera", active: ["q"] }] });
    devices.size = { width: 1280, height: 720 };
    await media.startCamera("large");
    await pass();
    expect(active()).toEqual([true, false, false]);
    push("layers", { tracks: [] });
    await pass();
    expect(active()).toEqual([true, true, true]);
  });

  it("shares the screen in sections of its own, which rest afterwards and are used again", async () => {
    const { server, call, devices, pc } = await joined();
    await call.toggleScreen();
    await pass();
    expect(server.sent("webrtc:offer").at(-1)?.["tracks"]).toEqual([
      { mid: "0", source: "microphone" }, { mid: "1", source: "camera" },
      { mid: "12", source: "screen" }, { mid: "13", source: "screen-audio" },
    ]);
    const order = server.socket.requests.map(({ event }) => event);
    expect(order.lastIndexOf("toggleScreen")).toBeGreaterThan(order.lastIndexOf("webrtc:offer"));
    devices.opened.at(-2)!.die(); // the browser's own "stop sharing"
    await pass();
    expect(call.snapshot.isSharingScreen).toBe(false);
    expect(server.sent("toggleScreen").map((each) => each["isSharingScreen"])).toEqual([true, false]);
    expect(server.sent("webrtc:offer").at(-1)?.["tracks"]).toHaveLength(2);
    expect(devices.opened.at(-1)?.readyState).toBe("ended");
    await call.toggleScreen();
    await pass();
    expect(pc().transceivers).toHaveLength(14);
    expect(server.sent("webrtc:offer").at(-1)?.["tracks"]).toHaveLength(4);
  });

  it("does not take a cancelled screen pick for a failure", async () => {
    const { media, call, devices } = await joined();
    devices.fail = "NotAllowedError";
    await call.toggleScreen();
    expect(media.state.screen).toMatchObject({ status: "off", problem: null });
  });
});

describe("a lost socket", () => {
  it("keeps seat and PeerConnection when the server kept them", async () => {
    const { server, call, pc } = await joined();
    const before = pc();
    before.become("connected");
    server.participants = [BOB, { ...BOB, participantId: "p-carol", userId: "carol" }];
    server.socket.lose();
    await pass(1_000);
    expect(server.sent("joinCall").at(-1)).toMatchObject({ callId: "c", participantId: "p-me" });
    expect(FakePeerConnection.all).toEqual([before]);
    expect(call.snapshot.participants).toHaveLength(2);
    expect(call.snapshot.phase).toBe("connected");
  });

  it("builds a new PeerConnection on a new seat when it did not", async () => {
    const { server, call, pc } = await joined();
    pc().become("connected");
    server.resumed = false;
    server.seat = "p-me-2";
    server.socket.lose();
    await pass(1_000);
    expect(FakePeerConnection.all).toHaveLength(2);
    expect(FakePeerConnection.all[0]?.connectionState).toBe("closed");
    expect(call.snapshot).toMatchObject({ participantId: "p-me-2", phase: "reconnecting" });
    pc().become("connected");
    expect(call.snapshot.phase).toBe("connected");
  });

  it("makes the offer that it cut short again", async () => {
    const { server, push } = await joined();
    let free = () => {};
    server.holdOffers = new Promise((resolve) => (free = () => resolve()));
    for (let i = 0; i < 7; i++) push("participantJoined", { ...BOB, participantId: `p-${i}`, userId: `u-${i}` });
    await pass();
    server.socket.lose();
    free();
    await pass(1_000);
    expect(server.sent("webrtc:offer").length).toBeGreaterThanOrEqual(3);
    expect(FakePeerConnection.all[0]?.answers.length).toBeGreaterThanOrEqual(2);
  });

  it("ends the call when the call has ended meanwhile", async () => {
    const { server, call, devices } = await joined();
    server.refuseJoin = { error: "The call has ended.", code: "call_ended" };
    server.socket.lose();
    await pass(1_000);
    expect(call.snapshot).toMatchObject({ phase: "ended", endReason: "call_ended" });
    expect(devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
  });
});

describe("a lost media path", () => {
  it("is sought anew: first by ICE, then by a new PeerConnection", async () => {
    const { server, call, pc } = await joined();
    pc().become("connected");
    pc().become("failed");
    await pass();
    expect(pc().restarts).toBe(1);
    expect(call.snapshot.phase).toBe("reconnecting");
    expect(server.sent("webrtc:offer")).toHaveLength(2);
    await pass(5_000);
    expect(pc().restarts).toBe(2);
    expect(FakePeerConnection.all).toHaveLength(1);
    await pass(5_000);
    expect(FakePeerConnection.all).toHaveLength(2);
    pc().become("connected");
    expect(call.snapshot.phase).toBe("connected");
  });

  it("is sought when the server asks, with the ICE servers of the last answer, and once for all who notice", async () => {
    const { call, pc, push } = await joined();
    pc().become("connected");
    push("webrtc:restart", {});
    push("webrtc:restart", {});
    pc().become("disconnected");
    await pass();
    expect(pc().restarts).toBe(1);
    expect(pc().configured?.iceServers).toEqual([{ urls: "turn:fresh.example.com" }]);
    expect(call.snapshot.phase).toBe("reconnecting");
    pc().become("connected");
    expect(call.snapshot.phase).toBe("connected");
    await pass(30_000);
    expect(pc().restarts).toBe(1);
  });

  it("is sought over a new socket when the old one does not answer", async () => {
    const { server, call, pc } = await joined();
    pc().become("connected");
    const respond = server.socket.respond;
    server.socket.respond = () => undefined; // the network is another one, and nobody has told the socket
    pc().become("failed");
    await pass(500);
    expect(call.snapshot.phase).toBe("reconnecting");
    server.socket.respond = respond;
    await pass(1_500);
    expect(server.sent("joinCall").at(-1)).toMatchObject({ participantId: "p-me" });
    expect(pc().restarts).toBe(2);
    expect(pc().answers.length).toBeGreaterThanOrEqual(2);
    expect(FakePeerConnection.all).toHaveLength(1);
  });

  it("gets a moment to come back by itself", async () => {
    const { pc } = await joined();
    pc().become("connected");
    pc().become("disconnected");
    await pass(1_000);
    pc().become("connected");
    await pass(20_000);
    expect(pc().restarts).toBe(0);
  });

  it("is replaced at once when the server has given it up", async () => {
    const { push } = await joined();
    push("mediaState", { participantId: "p-bob", state: "failed" });
    await pass();
    expect(FakePeerConnection.all).toHaveLength(1);
    push("mediaState", { participantId: "p-me", state: "failed" });
    await pass();
    expect(FakePeerConnection.all).toHaveLength(2);
  });

  it("survives an offer that is refused for now", async () => {
    const { server, pc } = await joined((each) => (each.refuseOffers = 2));
    await pass(3_000);
    expect(server.sent("webrtc:offer")).toHaveLength(3);
    expect(pc().answers).toHaveLength(1);
  });
});

describe("what the server hears and measures", () => {
  it("is told on: who speaks, who is dominant", async () => {
    const { call, push } = await joined();
    const speaking = vi.fn();
    const speakers = vi.fn();
    call.on("speaking", speaking);
    call.on("speakers", speakers);
    push("activeSpeakers", { dominant: "p-bob", speakers: [{ participantId: "p-bob", level: 0.7 }] });
    expect([...call.speaking]).toEqual(["p-bob"]);
    push("activeSpeakers", { dominant: "p-bob", speakers: [{ participantId: "p-bob", level: 0.4 }] });
    expect(speaking).toHaveBeenCalledTimes(1); // the same people, only less loud
    expect(speakers).toHaveBeenCalledTimes(2);
    push("activeSpeakers", { dominant: "p-bob", speakers: [] });
    expect(call.speaking.size).toBe(0);
    expect(call.speakers.dominant).toBe("p-bob");
  });

  it("is part of the snapshot: one's own connection, and everyone's grade", async () => {
    const { call, push } = await joined();
    expect(call.snapshot).toMatchObject({ quality: "unknown", connection: null, grades: {} });
    const uplink = { mos: 2.8, rtt: 40, jitter: 3, loss: 14, cause: "uplink loss 14 %" };
    push("connectionQuality", { participantId: "p-me", uplink, downlink: null, availableBitrate: null });
    push("callQuality", { participants: [{ participantId: "p-bob", quality: "fair" }] });
    expect(call.snapshot).toMatchObject({ quality: "poor", connection: { uplink }, grades: { "p-bob": "fair" } });
  });
});

describe("the end", () => {
  it("releases everything and tells the server", async () => {
    const { server, call, devices, pc } = await joined();
    await call.leave();
    expect(server.sent("leaveCall")).toHaveLength(1);
    expect(pc().connectionState).toBe("closed");
    expect(devices.opened.every(({ readyState }) => readyState === "ended")).toBe(true);
    expect(call.snapshot).toMatchObject({ phase: "ended", endReason: "left" });
    await pass(60_000);
    expect(FakePeerConnection.all).toHaveLength(1);
  });

  it("comes from the server too", async () => {
    const { call, push } = await joined();
    push("callEnded", { channelId: "h", callStatus: "completed", totalDuration: 3 });
    expect(call.snapshot).toMatchObject({ phase: "ended", endReason: "completed" });
  });
});
