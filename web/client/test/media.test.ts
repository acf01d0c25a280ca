import { expect, it } from "vitest";
import { LocalMedia } from "../src/call/media";
import { FakeDevices } from "./fakeMedia";

it("says in words why a device cannot be had", async () => {
  const devices = new FakeDevices();
  const media = new LocalMedia(devices.media);
  const codes = { NotAllowedError: "denied", NotFoundError: "missing", NotReadableError: "busy", Strange: "failed" };
  for (const [name, code] of Object.entries(codes)) {
    devices.fail = name;
    await media.startCamera();
    expect(media.state.camera).toMatchObject({ status: "failed", problem: { code } });
    expect(media.state.camera.problem?.message).toMatch(/camera/);
  }
});

it("says so where the page may use no devices at all", async () => {
  const media = new LocalMedia(undefined);
  await media.startMicrophone();
  expect(media.state.microphone.problem?.code).toBe("unsupported");
});

it("releases a device that arrives after it was given up", async () => {
  const devices = new FakeDevices();
  let arrive = () => {};
  devices.hold = new Promise((resolve) => (arrive = () => resolve()));
  const media = new LocalMedia(devices.media);
  const starting = media.startCamera();
  media.stopCamera();
  arrive();
  await starting;
  expect(devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
  expect(media.state.camera.status).toBe("off");
});

it("starts nothing any more once closed", async () => {
  const devices = new FakeDevices();
  const media = new LocalMedia(devices.media);
  await media.startMicrophone();
  media.close();
  await media.startCamera();
  expect(devices.opened.map(({ readyState }) => readyState)).toEqual(["ended"]);
});

it("notices an unplugged microphone", async () => {
  const devices = new FakeDevices();
  const media = new LocalMedia(devices.media);
  await media.startMicrophone();
  devices.opened[0]!.die();
  expect(media.state.microphone).toMatchObject({ status: "failed", problem: { code: "missing" } });
  expect(media.track("microphone")).toBeNull();
});

it("stays muted over a change of the microphone", async () => {
  const devices = new FakeDevices();
  const media = new LocalMedia(devices.media);
  await media.startMicrophone();
  media.setMuted(true);
  await media.startMicrophone("other");
  expect(devices.opened.map(({ enabled, readyState }) => [enabled, readyState])).toEqual([[false, "ended"], [false, "live"]]);
});
