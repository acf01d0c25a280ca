// A browser publishes by WHIP, another plays by WHEP, and a third is in the call by its socket.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { openPeer } from '../lib/peer.js'
import { Server } from '../lib/server.js'
import { openStream } from '../lib/stream.js'

/** Starts a call in the general channel over REST, as a tool would. */
async function startCall(server, token) {
  const { channels } = await server.get(token, '/api/channels')
  const response = await fetch(`${server.url}/api/calls`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ channelId: channels.find((c) => c.channelType === 'general')._id, callType: 'video' }),
  })
  return (await response.json()).data.callId
}

test('a browser publishes by WHIP and others see it, by WHEP and by their socket', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())

  const alice = await openPeer(browser, server, 'alice')
  const callId = await startCall(server, await server.token('alice'))
  const bob = await openStream(browser, server, 'bob', callId)
  await bob.evaluate(() => globalThis.stream.publish())
  const bobsSeat = await bob.evaluate(() => globalThis.stream.id)
  await alice.evaluate((id) => globalThis.peer.join(id), callId)
  const carol = await openStream(browser, server, 'carol', callId)
  await carol.evaluate(() => globalThis.stream.play())

  const plays = (fits) => carol.evaluate((f) => globalThis.stream.until(f, 20_000), fits)
  const sees = (condition) => alice.evaluate(([id, text]) => globalThis.peer.until(() => globalThis.peer.received(id, 'camera'), text, 20_000), [bobsSeat, condition])

  await t.test('picture and sound come', async () => {
    const got = await plays({ frames: 20, energy: 0.0001 })
    assert.ok(got.width > 0)
    await sees('r.frames > 20')
  })

  await t.test('they go on through ICE restarts of both sides', async () => {
    for (const page of [bob, carol]) {
      await page.evaluate(() => globalThis.stream.restart())
      const { frames } = await plays({})
      await plays({ frames: frames + 20 })
      const seen = await sees('true')
      await sees(`r.frames > ${seen.frames + 20}`)
    }
  })

  await t.test('DELETE ends it for everybody', async () => {
    assert.equal(await bob.evaluate(() => globalThis.stream.end()), 200)
    await alice.waitForFunction((id) => !globalThis.peer.slots.some((s) => s.participantId === id), bobsSeat)
    assert.equal(await carol.evaluate(() => globalThis.stream.end()), 200)
  })
})
