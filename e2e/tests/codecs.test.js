// Every codec in its layers, between two real browsers: simulcast of H264, spatial and temporal layers in one stream of
// VP9 and AV1.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { openPeer, startCall } from '../lib/peer.js'
import { Server } from '../lib/server.js'

/** Waits in the page until what is received fits the condition on `r`, and returns it. */
function receives(page, participantId, source, condition, ms = 20_000) {
  return page.evaluate(([id, from, text, limit]) => globalThis.peer.until(() => globalThis.peer.received(id, from), text, limit), [participantId, source, condition, ms])
}

const heights = { 320: 180, 640: 360, 1280: 720 }

const cases = [
  { name: 'H264 in three simulcast layers', codec: 'H264' },
  { name: 'VP9 in three by three layers, linked in key pictures', codec: 'VP9', scalabilityMode: 'L3T3_KEY' },
  { name: 'VP9 in three by three layers', codec: 'VP9', scalabilityMode: 'L3T3' },
  { name: 'AV1 in three by three layers, linked in key pictures', codec: 'AV1', scalabilityMode: 'L3T3_KEY' },
  { name: 'AV1 in three by three layers', codec: 'AV1', scalabilityMode: 'L3T3' },
]

for (const { name, codec, scalabilityMode } of cases) {
  test(name, async (t) => {
    const server = await Server.start()
    t.after(() => server.close())
    const browser = await launch()
    t.after(() => browser.close())
    const [alice, bob] = await Promise.all(['alice', 'bob'].map((user) => openPeer(browser, server, user)))
    const callId = await startCall(alice)
    await alice.evaluate(([id, c, s]) => globalThis.peer.join(id, { codec: c, scalabilityMode: s }), [callId, codec, scalabilityMode])
    await bob.evaluate((id) => globalThis.peer.join(id, { width: 320, height: 180 }), callId)
    const id = await alice.evaluate(() => globalThis.peer.id)
    await receives(bob, id, 'camera', 'r.frames > 5')
    // The sender's own estimate decides when the top layer is sent at all.
    await receives(bob, id, 'camera', 'r.width === 1280', 60_000)
    console.log(`      sent: ${JSON.stringify(await alice.evaluate(() => globalThis.peer.sent()))}`)
    for (const width of [320, 1280, 640, 320, 640, 1280]) {
      const took = await bob.evaluate(async ([of, w, h]) => {
        const begun = performance.now()
        await globalThis.peer.view([{ participantId: of, source: 'camera', width: w, height: h }])
        await globalThis.peer.until(() => globalThis.peer.received(of, 'camera'), `r.width === ${w}`, 20_000)
        return performance.now() - begun
      }, [id, width, heights[width]])
      const got = await receives(bob, id, 'camera', 'true')
      const more = await receives(bob, id, 'camera', `r.frames > ${got.frames + 10}`)
      console.log(`      ${width} after ${Math.round(took)} ms: frames ${more.frames}, key frames ${more.keyFrames}, freezes ${more.freezes}, dropped ${more.dropped}, plis ${more.plis}, nacks ${more.nacks}`)
      assert.equal(more.codec.toLowerCase(), `video/${codec.toLowerCase()}`)
      assert.equal(more.width, width)
    }
    const end = await receives(bob, id, 'camera', 'true')
    assert.ok(end.plis <= 1, `the decoder asked for ${end.plis} key frames`)
    // Some frames miss their moment on two cores that encode and decode at once; a stream with holes loses most of them.
    assert.ok(end.dropped <= end.frames / 4, `${end.dropped} of ${end.frames} frames could not be shown`)
  })
}
