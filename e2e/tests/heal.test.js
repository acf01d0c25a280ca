// Somebody's way to the server changes in the middle of a call, and the call goes on.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { changes, Mover, settled } from '../lib/mover.js'
import { eventually, joinCall, shoot } from '../lib/page.js'
import { Server } from '../lib/server.js'

/** What `make bench-heal` holds to 3 s on a machine of its own; the machine of a test may be busy. */
const patience = 10

test('a call heals by itself', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const alice = await Mover.open(browser, server, 'alice')
  t.after(() => alice.close())
  const bob = await Mover.open(browser, server, 'bob')
  t.after(() => bob.close())
  await joinCall(alice.page, 'call-video')
  await bob.page.getByTestId('incoming-accept').click()
  const id = await eventually(() => bob.page.evaluate(() => window.__parley.participantId), Boolean, 'a seat')
  const left = await alice.page.evaluateHandle(() => {
    const seen = []
    window.__parley.client.connection.on('push', ({ event }) => /^participant(Left|Joined)$/.test(event) && seen.push(event))
    return seen
  })

  for (const change of changes) {
    await t.test(change.name, async () => {
      await settled([alice, bob])
      const at = Date.now()
      const changed = change.make(bob)
      const [sees, isSeen] = await Promise.all([bob.picture(), alice.picture(), changed])
      console.log(`      sees again after ${(sees - at) / 1000} s, is seen again after ${(isSeen - at) / 1000} s`)
      assert.ok(sees - at < patience * 1000 && isSeen - at < patience * 1000, `sees again after ${sees - at} ms, is seen after ${isSeen - at} ms`)
    })
  }

  await t.test('nothing there for a while, neither for media nor for the socket', async () => {
    await settled([alice, bob])
    bob.link.set({ down: true })
    bob.wire.stop()
    await bob.page.getByTestId('call').and(bob.page.locator('[data-phase="reconnecting"]')).waitFor()
    await bob.page.getByTestId('banner').waitFor()
    await shoot(bob.page, 'reconnecting')
    bob.wire.start()
    await bob.move()
    await settled([alice, bob])
    await bob.page.getByTestId('banner').waitFor({ state: 'hidden' })
  })

  await t.test('it is still the same seat, and nobody saw anybody go', async () => {
    assert.equal(await bob.page.evaluate(() => window.__parley.participantId), id)
    assert.deepEqual(await left.jsonValue(), [])
  })
})
