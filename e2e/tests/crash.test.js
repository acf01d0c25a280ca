// What was acknowledged is there after a crash, once; clients come back by themselves and get what they missed.
import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import test from 'node:test'
import { io } from 'socket.io-client'
import { Server } from '../lib/server.js'

const users = ['alice', 'bob', 'carol', 'dave', 'erin', 'farid']

const progress = new EventEmitter().setMaxListeners(0)

/** Waits until the condition holds; it is asked again whenever a writer got somewhere. */
async function until(condition, ms = 60_000) {
  const signal = AbortSignal.timeout(ms)
  while (!condition()) await once(progress, 'step', { signal })
}

/** A client that writes as fast as acks come, and resends what was not acknowledged, as the SDK does. */
class Writer {
  constructor(server, userId, token, channelId) {
    Object.assign(this, { server, userId, token, channelId, acked: new Map(), seen: new Map(), cursor: 0, from: 0, epoch: '', next: 0, resets: 0 })
    this.socket = io(server.url, {
      path: '/api/socket/io', transports: ['websocket'], auth: { token }, reconnectionDelay: 100, reconnectionDelayMax: 500,
    })
    this.socket.on('newMessage', (push) => this.apply(push))
    this.socket.on('ready', (ready) => void this.ready(ready))
    this.socket.on('disconnect', () => (this.from = this.cursor)) // pushes may come before ready, and say nothing of a gap
  }

  apply(push) {
    assert.equal(push.channelId, this.channelId)
    this.seen.set(push.message._id, (this.seen.get(push.message._id) ?? 0) + 1)
    this.cursor = Math.max(this.cursor, push.eventSeq)
    progress.emit('step')
  }

  async ready(ready) {
    if (this.epoch) {
      const ack = await this.socket.emitWithAck('sync', { epoch: this.epoch, channels: { [this.channelId]: this.from } })
      const channel = ack.channels[this.channelId]
      this.resets += channel.status === 'reset' ? 1 : 0
      for (const change of channel.events ?? []) this.apply(change.data)
    }
    this.epoch = ready.epoch
    this.onReady?.()
  }

  async write(done) {
    while (!done()) {
      const clientId = `${this.userId}-${this.next++}`
      for (;;) {
        const ack = await this.socket.timeout(3000).emitWithAck('sendMessage', { channelId: this.channelId, message: clientId, clientId }).catch(() => null)
        if (ack?.success) {
          this.acked.set(ack.messageId, clientId)
          progress.emit('step')
          break
        }
        if (ack && ack.code !== 'database_unavailable') throw new Error(`refused: ${JSON.stringify(ack)}`)
      }
    }
  }
}

test('kill -9 while six clients write: nothing acknowledged is lost, nothing is doubled', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const tokens = await Promise.all(users.map((user) => server.token(user)))
  const { channels } = await server.get(tokens[0], '/api/channels')
  const channelId = channels.find((c) => c.channelType === 'general')._id
  const writers = users.map((user, i) => new Writer(server, user, tokens[i], channelId))
  await Promise.all(writers.map((w) => new Promise((resolve) => (w.onReady = resolve))))

  const total = () => writers.reduce((sum, w) => sum + w.acked.size, 0)
  let target = Infinity
  const writing = Promise.all(writers.map((w) => w.write(() => total() >= target)))
  for (const crashAt of [150, 400]) {
    await until(() => total() >= crashAt)
    await server.crash()
    await server.run()
  }
  target = total() + 100
  await writing

  const history = new Map()
  for (let before = ''; ; ) {
    const page = await server.get(tokens[0], `/api/communications?channelId=${channelId}&limit=100${before}`)
    for (const m of page.messages) history.set(m._id, [...(history.get(m._id) ?? []), m.message])
    if (!page.hasMore) break
    before = `&before=${page.messages[0].seq}`
  }
  const bodies = [...history.values()].flat()
  assert.equal(new Set(bodies).size, bodies.length, 'a message is in the history twice')
  for (const w of writers) {
    for (const [id, text] of w.acked) assert.deepEqual(history.get(id), [text], `${text} was acknowledged and is not in the history`)
  }
  const written = [...history].filter(([, texts]) => users.some((user) => texts[0].startsWith(`${user}-`)))
  for (const w of writers) {
    const missed = () => written.filter(([id]) => !w.seen.has(id))
    assert.equal(w.resets, 0, 'a gap of a few hundred changes was not replayed')
    await until(() => missed().length === 0, 15_000)
  }
  console.log(`      ${total()} acknowledged, ${written.length} in the history, over two crashes`)
  for (const w of writers) w.socket.close()
})
