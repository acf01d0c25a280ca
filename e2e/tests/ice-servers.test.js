// A call by all the ways that a seat is offered stays connected: direct over UDP and TCP, and through TURN.
import assert from 'node:assert/strict'
import test from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { launch } from '../lib/browser.js'
import { eventually, joinCall, openApp } from '../lib/page.js'
import { Server } from '../lib/server.js'

const GAP_MS = 2_000
const KINDS = ['frames', 'sound']

/** Keeps what each connection of the page says of itself, and lets it use what the policy allows. */
function watchConnections(policy) {
  const Native = RTCPeerConnection
  window.iceStates = []
  window.RTCPeerConnection = class extends Native {
    constructor(config) {
      super({ ...config, iceTransportPolicy: policy })
      this.addEventListener('iceconnectionstatechange', () => window.iceStates.push(this.iceConnectionState))
    }

    setConfiguration(config) {
      super.setConfiguration({ ...config, iceTransportPolicy: policy })
    }
  }
}

/** What the page has received of the other's picture and sound, and sent of its own. */
function counts(page) {
  return page.evaluate(async () => {
    const stats = [...(await window.__parley.peerConnection.getStats()).values()]
    const sum = (type, kind, field) => stats.filter((s) => s.type === type && s.kind === kind).reduce((total, s) => total + (s[field] ?? 0), 0)
    return {
      frames: { got: sum('inbound-rtp', 'video', 'framesDecoded'), sent: sum('outbound-rtp', 'video', 'framesSent') },
      sound: { got: sum('inbound-rtp', 'audio', 'packetsReceived'), sent: sum('outbound-rtp', 'audio', 'packetsSent') },
    }
  })
}

/** The URLs that the page's connection was given, and the pair that it uses. */
function way(page) {
  return page.evaluate(async () => {
    const pc = window.__parley.peerConnection
    const stats = await pc.getStats()
    const transport = [...stats.values()].find((s) => s.type === 'transport')
    const pair = stats.get(transport.selectedCandidatePairId)
    const { candidateType: type, protocol, relayProtocol: relay } = stats.get(pair.localCandidateId)
    return { urls: pc.getConfiguration().iceServers.flatMap((s) => s.urls), type, protocol, relay }
  })
}

/** Watches for so many seconds that what each of two pages sends arrives at the other, and gives the ways it goes. */
async function flows(pages, seconds) {
  const start = Date.now()
  const all = () => Promise.all(pages.map(counts))
  const first = await all()
  const last = first.map((now, i) => Object.fromEntries(KINDS.map((kind) => [kind, { at: start, got: now[kind].got, sent: first[1 - i][kind].sent }])))
  let longest = 0
  let now = first
  while (Date.now() < start + seconds * 1000) {
    await pause(250)
    now = await all()
    for (const [i, seen] of last.entries()) {
      for (const kind of KINDS) {
        const { got } = now[i][kind]
        const { sent } = now[1 - i][kind]
        const gap = Date.now() - seen[kind].at
        longest = Math.max(longest, gap)
        if (got > seen[kind].got) seen[kind] = { at: Date.now(), got, sent }
        // The machine itself may stall: then nothing was sent either.
        else assert.ok(gap < GAP_MS || sent - seen[kind].sent < 15, `page ${i}: no ${kind} for ${gap} ms, while ${sent - seen[kind].sent} were sent`)
      }
    }
  }
  const ways = await Promise.all(pages.map(way))
  console.log(`      longest gap ${longest} ms; ${JSON.stringify(ways)}`)
  for (const [i, page] of pages.entries()) {
    const states = await page.evaluate(() => window.iceStates)
    assert.ok(!states.includes('disconnected') && !states.includes('failed'), `page ${i}: ${states}`)
    assert.ok(now[i].frames.got > first[i].frames.got + 2 * seconds, `page ${i}: frames ${first[i].frames.got} to ${now[i].frames.got}`)
    assert.ok(now[i].sound.got > first[i].sound.got + 10 * seconds, `page ${i}: sound ${first[i].sound.got} to ${now[i].sound.got}`)
  }
  return ways
}

/** A call of two by the ways that the policy allows, watched for so many seconds; gives those that were taken. */
async function call(browser, server, { policy, seconds }) {
  const pages = await Promise.all(['alice', 'bob'].map((user) => openApp(browser, server, user, { prepare: [watchConnections, policy] })))
  try {
    await joinCall(pages[0], 'call-video')
    await joinCall(pages[1], 'join-call')
    for (const page of pages) {
      await eventually(() => counts(page), ({ frames, sound }) => frames.got > 5 && sound.got > 10, 'picture and sound')
    }
    const ways = await flows(pages, seconds)
    for (const page of pages) await page.getByTestId('leave').click() // the last one ends the call
    return ways
  } finally {
    for (const page of pages) await page.context().close()
  }
}

test('a call that has ICE servers stays connected', async (t) => {
  const [browser, onePort, ownPort] = await Promise.all([launch(), Server.start(), Server.start(['--turn.udp', '127.0.0.1:0'])])
  t.after(() => Promise.all([browser.close(), onePort.close(), ownPort.close()]))

  await t.test('by whichever way the browser takes', async () => {
    for (const { urls, type, protocol } of await call(browser, onePort, { policy: 'all', seconds: 20 })) {
      assert.ok(urls.some((url) => url.includes('transport=tcp')), urls.join())
      assert.deepEqual([type === 'relay', protocol], [false, 'udp']) // nothing stands in its way
    }
  })

  await t.test('with TURN over UDP, too, on a port of its own', async () => {
    for (const { urls, type, protocol } of await call(browser, ownPort, { policy: 'all', seconds: 4 })) {
      assert.ok(urls.some((url) => url.includes('transport=udp')), urls.join())
      assert.deepEqual([type === 'relay', protocol], [false, 'udp'])
    }
  })

  await t.test('through TURN alone', async () => {
    for (const { type } of await call(browser, ownPort, { policy: 'relay', seconds: 4 })) assert.equal(type, 'relay')
  })
})
