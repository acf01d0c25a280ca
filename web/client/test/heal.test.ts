import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MediaPath } from "../src/call/path";
import { MediaWatch, type Traffic } from "../src/call/watch";
import { watchNetwork } from "../src/network";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

function path() {
  const told: string[] = [];
  const note = (what: string) => () => void told.push(what);
  const signaling = { there: true };
  const media = new MediaPath({
    found: note("found"), lost: note("lost"), checkSocket: () => {}, restartIce: note("restart"), rebuild: note("rebuild"),
    canTry: () => signaling.there,
  });
  return { media, told, signaling, tries: () => told.filter((what) => what === "restart" || what === "rebuild") };
}

describe("a media path", () => {
  it("is sought by two restarts of ICE in ten seconds, then by new connections, ever more seldom", async () => {
    const { media, tries } = path();
    media.changed("connected");
    media.changed("disconnected");
    await pass(1_400);
    expect(tries()).toEqual([]);
    await pass(200);
    expect(tries()).toEqual(["restart"]);
    await pass(5_000);
    expect(tries()).toEqual(["restart", "restart"]);
    await pass(5_000);
    expect(tries()).toEqual(["restart", "restart", "rebuild"]);
    await pass(8_000);
    expect(tries()).toHaveLength(4);
    await pass(16_000);
    expect(tries()).toHaveLength(5);
    await pass(300_000);
    expect(tries().length).toBeLessThanOrEqual(15);
  });

  it("is not sought faster when more of it is noticed, but at once on another network", async () => {
    const { media, tries } = path();
    media.changed("connected");
    media.silent();
    await pass(2_000);
    media.silent();
    media.noticed();
    media.changed("disconnected");
    media.changed("failed");
    expect(tries()).toEqual(["restart"]);
    media.suspect();
    expect(tries()).toEqual(["restart", "restart"]);
    media.suspect();
    await pass(900);
    expect(tries()).toHaveLength(2);
    await pass(200);
    expect(tries()).toEqual(["restart", "restart", "restart"]);
  });

  it("is not sought before there was one, nor after the end", async () => {
    const { media, tries } = path();
    media.suspect();
    media.changed("connecting");
    media.suspect();
    media.silent();
    media.changed("connected");
    media.changed("disconnected");
    media.stop();
    await pass(60_000);
    expect(tries()).toEqual([]);
  });

  it("that still carries something ends the search at once", async () => {
    const { media, told } = path();
    media.changed("connected");
    media.silent();
    expect(told).toEqual(["found", "lost", "restart"]);
    media.heard();
    expect(told.at(-1)).toBe("found");
    await pass(60_000);
    expect(told).toHaveLength(4);
  });

  it("waits for signaling, and is then sought at once, without having lost a try", async () => {
    const { media, tries, signaling } = path();
    media.changed("connected");
    signaling.there = false;
    media.changed("failed");
    await pass(12_000);
    expect(tries()).toEqual([]);
    signaling.there = true;
    media.resumed();
    expect(tries()).toEqual(["restart"]);
  });

  it("that is well is left alone when the socket comes back", async () => {
    const { media, tries } = path();
    media.changed("connected");
    media.resumed();
    await pass(60_000);
    expect(tries()).toEqual([]);
  });
});

describe("watching the traffic", () => {
  function watched() {
    const told: string[] = [];
    const traffic = { sent: 0, received: 0, sending: 4_000, hearing: 4_000 } satisfies Traffic & Record<string, number>;
    let known = true;
    let at = Date.now();
    const watch = new MediaWatch({
      traffic: () => {
        const seconds = (Date.now() - at) / 1_000;
        at = Date.now();
        traffic.sent += traffic.sending * seconds;
        traffic.received += traffic.hearing * seconds;
        return known ? Promise.resolve({ ...traffic }) : Promise.reject(new Error("closed"));
      },
      heard: () => {},
      doubtful: () => void told.push("doubtful"),
      silent: () => void told.push("silent"),
      woke: () => void told.push("woke"),
    });
    watch.start();
    return { told, traffic, watch, forget: () => (known = false) };
  }

  it("doubts after half a second without an answer, and is sure after one", async () => {
    const { told, traffic } = watched();
    await pass(10_000);
    traffic.hearing = 0;
    await pass(900);
    expect(told).toEqual(["doubtful"]);
    await pass(600);
    expect(told).toEqual(["doubtful", "silent"]);
    traffic.hearing = 4_000;
    await pass(10_000);
    expect(told).toHaveLength(2);
  });

  it("knows nothing where nothing is sent, or nothing is counted", async () => {
    const { told, traffic, forget } = watched();
    traffic.sending = traffic.hearing = 0;
    await pass(20_000);
    traffic.sending = 4_000;
    forget();
    await pass(20_000);
    expect(told).toEqual([]);
  });

  it("alarms less often on a path that is gone for long", async () => {
    const { told, traffic } = watched();
    await pass(1_000);
    traffic.hearing = 0;
    await pass(120_000);
    expect(told.filter((what) => what === "silent").length).toBeLessThanOrEqual(30);
  });

  it("notices that the machine has slept, and takes the time for no silence", async () => {
    const { told } = watched();
    await pass(1_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(1_000);
    expect(told).toEqual(["woke"]);
  });

  it("ends", async () => {
    const { told, traffic, watch } = watched();
    watch.stop();
    traffic.hearing = 0;
    await pass(20_000);
    expect(told).toEqual([]);
  });
});

it("tells another network from a new estimate of its speed", () => {
  const page = new EventTarget();
  const connection = Object.assign(new EventTarget(), { type: "wifi" });
  vi.stubGlobal("window", page);
  vi.stubGlobal("navigator", { connection });
  const changed = vi.fn();
  const stop = watchNetwork(changed);
  connection.dispatchEvent(new Event("change"));
  expect(changed).not.toHaveBeenCalled();
  connection.type = "none";
  connection.dispatchEvent(new Event("change"));
  expect(changed).not.toHaveBeenCalled();
  connection.type = "cellular";
  connection.dispatchEvent(new Event("change"));
  page.dispatchEvent(new Event("online"));
  expect(changed).toHaveBeenCalledTimes(2);
  stop();
  page.dispatchEvent(new Event("online"));
  expect(changed).toHaveBeenCalledTimes(2);
});
