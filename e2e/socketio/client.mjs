// Drives the real socket.io-client against a server that the Go test runs: node client.mjs <url> <scenario>
import assert from "node:assert/strict";
import { io } from "socket.io-client";

const [url, name] = process.argv.slice(2);
const open = [];

/** Opens a client; it is closed when the scenario ends. */
function client(options = {}, namespace = "") {
  const socket = io(url + namespace, {
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    forceNew: true,
    auth: { token: "good" },
    ...options,
  });
  open.push(socket);
  return socket;
}

const once = (emitter, event) =>
  new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function connected(options, namespace) {
  const socket = client(options, namespace);
  socket.on("connect_error", (err) => console.error("connect_error:", err.message));
  await once(socket, "connect");
  return socket;
}

const websocket = { transports: ["websocket"] };
const polling = { transports: ["polling"] };

async function echoes(socket) {
  assert.deepEqual(await socket.emitWithAck("echo", 1, "zwei", { drei: [true, null, "\u{1F44B}\u2028"] }), [
    1, "zwei", { drei: [true, null, "\u{1F44B}\u2028"] },
  ]);
}

async function large(socket) {
  const text = "häh? ".repeat(40_000);
  const [text2] = await socket.emitWithAck("echo", text);
  assert.equal(text2, text);
  const bytes = Buffer.alloc(200_000, 7);
  const [bytes2] = await socket.emitWithAck("echo", bytes);
  assert.ok(Buffer.from(bytes2).equals(bytes));
  const pushed = once(socket, "large");
  socket.emit("push", "large", 200_000);
  assert.equal((await pushed)[0].length, 200_000);
}

async function binary(socket) {
  const sent = { a: Buffer.from([1, 2, 3]), list: [Buffer.from([4]), "five", Buffer.alloc(0)], n: 6 };
  const [got, last] = await socket.emitWithAck("echo", sent, Buffer.from([0xff]));
  assert.deepEqual(Buffer.from(got.a), sent.a);
  assert.deepEqual(Buffer.from(got.list[0]), sent.list[0]);
  assert.equal(got.list[1], "five");
  assert.equal(Buffer.from(got.list[2]).length, 0);
  assert.equal(got.n, 6);
  assert.deepEqual(Buffer.from(last), Buffer.from([0xff]));
}

/** Loses the connection from the server's side, misses events, and comes back. */
async function recovery(options, missed, recovers) {
  const socket = await connected({ ...options, auth: { token: "good" } });
  const before = socket.id;
  const got = [];
  socket.on("news", (n) => got.push(n));
  await socket.emitWithAck("subscribe", missed);
  socket.emit("news", 0);
  while (got.length < 1) await once(socket, "news");
  const back = once(socket, "connect");
  socket.emit("cut");
  await once(socket, "disconnect");
  await back;
  await echoes(socket); // whatever was missed has come before this answer
  assert.equal(socket.recovered, recovers);
  assert.equal(socket.id === before, recovers);
  const expected = recovers ? Array.from({ length: missed + 1 }, (_, i) => i) : [0];
  assert.deepEqual(got, expected);
  const rooms = await socket.emitWithAck("rooms");
  assert.deepEqual(rooms, recovers ? ["news"] : []);
}

const scenarios = {
  async "websocket-only"() {
    const socket = await connected(websocket);
    assert.equal(socket.io.engine.transport.name, "websocket");
    await echoes(socket);
  },

  async "polling-only"() {
    const socket = await connected(polling);
    await echoes(socket);
    assert.equal(socket.io.engine.transport.name, "polling");
  },

  async upgrade() {
    const socket = client();
    const upgraded = new Promise((resolve) =>
      socket.io.on("open", () => socket.io.engine.once("upgrade", resolve)),
    );
    await once(socket, "connect");
    const answers = Array.from({ length: 200 }, (_, i) => socket.emitWithAck("echo", i));
    await upgraded;
    assert.equal(socket.io.engine.transport.name, "websocket");
    assert.deepEqual((await Promise.all(answers)).map(([n]) => n), Array.from({ length: 200 }, (_, i) => i));
    await echoes(socket);
  },

  async "large-websocket"() {
    await large(await connected(websocket));
  },

  async "large-polling"() {
    await large(await connected(polling));
  },

  async "ordered-acks"() {
    for (const options of [websocket, polling]) {
      const socket = await connected(options);
      const order = [];
      await Promise.all(
        Array.from({ length: 500 }, (_, i) =>
          socket.emitWithAck("echo", i).then(([n]) => {
            assert.equal(n, i);
            order.push(n);
          }),
        ),
      );
      assert.deepEqual(order, Array.from({ length: 500 }, (_, i) => i));
    }
  },

  async binary() {
    await binary(await connected(websocket));
    await binary(await connected(polling));
  },

  async "recovery-websocket"() {
    await recovery(websocket, 5, true);
  },

  async "recovery-polling"() {
    await recovery(polling, 5, true);
  },

  async "recovery-full-ring"() {
    await recovery(websocket, 250, true);
  },

  async "recovery-too-much-missed"() {
    await recovery(websocket, 300, false);
  },

  async refusal() {
    const socket = client({ ...websocket, auth: { token: "bad" } });
    const [err] = await once(socket, "connect_error");
    assert.equal(err.message, "unauthorized");
    assert.deepEqual(err.data, { code: "unauthorized", retry: false });
    assert.equal(socket.connected, false);
    socket.auth = { token: "good" };
    socket.connect();
    await once(socket, "connect");
    await echoes(socket);
  },

  async "recovery-with-a-revoked-token"() {
    const socket = await connected(websocket);
    await socket.emitWithAck("subscribe", 1);
    socket.emit("news", 0);
    await once(socket, "news");
    socket.auth = { token: "bad" };
    socket.emit("cut");
    const [err] = await once(socket, "connect_error");
    assert.equal(err.message, "unauthorized");
    assert.equal(socket.connected, false);
  },

  async namespaces() {
    const main = client(websocket);
    const custom = main.io.socket("/custom", { auth: { token: "good" } });
    open.push(custom);
    custom.connect();
    await Promise.all([once(main, "connect"), once(custom, "connect")]);
    assert.notEqual(main.id, custom.id);
    await echoes(main);
    await echoes(custom);
    custom.disconnect();
    await echoes(main);
    const [err] = await once(client(websocket, "/none"), "connect_error");
    assert.equal(err.message, "Invalid namespace");
  },

  async "server-acks"() {
    const socket = await connected(websocket);
    socket.on("question", (n, bytes, answer) => answer(n + 1, bytes));
    const [n, length] = await socket.emitWithAck("ask-me", 41);
    assert.equal(n, 42);
    assert.equal(length, 3);
  },

  async "server-disconnects"() {
    for (const options of [websocket, polling]) {
      const socket = await connected(options);
      const bye = once(socket, "bye");
      socket.emit("kick");
      assert.deepEqual((await bye)[0], "now"); // what was emitted before still arrives
      if (socket.connected) await once(socket, "disconnect");
      assert.equal(socket.active, false); // the client does not come back by itself
    }
  },

  async "server-closes"() {
    const sockets = await Promise.all([connected(websocket), connected(polling)]);
    const gone = sockets.map((socket) => once(socket, "disconnect"));
    sockets[0].emit("close-server");
    const [[first], [second]] = await Promise.all(gone);
    assert.equal(first, "transport close");
    assert.match(second, /^transport (close|error)$/); // an error if no poll was waiting
    for (const socket of sockets) assert.equal(socket.active, true); // they try to come back
  },

  async heartbeat() {
    for (const options of [websocket, polling]) {
      const socket = await connected(options);
      let pings = 0;
      socket.io.on("ping", () => pings++);
      while (pings < 3) await once(socket.io, "ping");
      await echoes(socket);
    }
  },
};

const run = scenarios[name];
if (!run) {
  console.error(name === "--list" ? "" : `no scenario ${name}`);
  console.log(Object.keys(scenarios).join("\n"));
  process.exit(name === "--list" ? 0 : 2);
}
try {
  await run();
} catch (err) {
  console.error(err);
  process.exitCode = 1;
} finally {
  for (const socket of open) socket.disconnect();
}
