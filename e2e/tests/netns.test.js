// Calls out of networks that block and translate: real Chromium in a network namespace behind a router of our own.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { addresses, missing, Network } from '../lib/netns.js'
import { eventually, joinCall, openApp, received } from '../lib/page.js'
import { picture } from '../lib/mover.js'
import { binary, Server } from '../lib/server.js'

const PORT = 443
const forward = (rules) => `table inet block {
  chain forward { type filter hook forward priority 0; policy accept;
${rules}
  }
}`

async function certificate(network) {
  const [cert, key] = ['cert.pem', 'key.pem'].map((name) => join(network.folder, name))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=parley',
    '-addext', `subjectAltName=IP:${addresses.server},IP:${addresses.server6}`, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  return { cert, key }
}

async function startServer(network) {
  const { cert, key } = await certificate(network)
  return Server.startWith({
    url: `https://${addresses.server}`,
    flags: ['--dev-allow-remote', '--listen', `:${PORT}`, '--server.tls.cert', cert, '--server.tls.key', key],
    program: await network.wrapper('server', binary),
  })
}

/** How the page's media goes: the transport and the addresses of the pair in use. */
function way(page) {
  return page.evaluate(async () => {
    const stats = await window.__parley.peerConnection?.getStats()
    const transport = [...(stats?.values() ?? [])].find((s) => s.type === 'transport' && s.selectedCandidatePairId)
    const pair = transport && stats.get(transport.selectedCandidatePairId)
    if (!pair) return null
    const [local, remote] = [stats.get(pair.localCandidateId), stats.get(pair.remoteCandidateId)]
    return { local: local.address ?? local.ip, type: local.candidateType, protocol: local.protocol, relay: local.relayProtocol, remote: remote.address ?? remote.ip }
  })
}

/** Lets the page's next calls use a relay by TLS and nothing else, as where a firewall lets only that through. */
function onlyRelayByTLS() {
  const Native = RTCPeerConnection
  const only = (config) => ({ ...config, iceTransportPolicy: 'relay', iceServers: (config?.iceServers ?? []).flatMap((s) => {
    const urls = [s.urls].flat().filter((url) => url.startsWith('turns:'))
    return urls.length > 0 ? [{ ...s, urls }] : []
  }) })
  window.RTCPeerConnection = class extends Native {
    constructor(config) {
      super(only(config))
    }
    setConfiguration(config) {
      super.setConfiguration(only(config))
    }
  }
}

const frames = async (page) => (await received(page)).reduce((sum, s) => sum + (s.kind === 'video' ? s.frames : 0), 0)

async function pictureMoves(page) {
  const before = await frames(page)
  await eventually(() => frames(page), (now) => now > before + 10, 'the picture moves', 20_000)
}

test('calls out of difficult networks', { skip: missing() ?? false }, async (t) => {
  const network = await Network.open()
  t.after(() => network.close())
  const server = await startServer(network)
  t.after(() => server.close())
  const open = async (part) => launch(15, { executablePath: await network.wrapper(part, process.env.CHROMIUM ?? '/usr/bin/chromium'), more: ['--ignore-certificate-errors'] })
  const here = await open('server')
  t.after(() => here.close())
  const there = await open('client')
  t.after(() => there.close())
  const alice = await openApp(here, server, 'alice')
  await joinCall(alice, 'call-video')

  /** Joins the call from the client's side, and gives how. */
  const joins = async (url = server.url, prepare = () => {}) => {
    const page = await openApp(there, { url }, 'bob')
    await page.evaluate(prepare)
    const begun = Date.now()
    await page.getByTestId('join-call').click()
    await page.getByTestId('prejoin-join').click()
    await pictureMoves(page)
    await pictureMoves(alice)
    const by = await way(page)
    console.log(`      ${JSON.stringify(by)}, moves both ways ${((Date.now() - begun) / 1000).toFixed(1)} s after the click`)
    return { page, by }
  }
  const leaves = async (page) => {
    await page.getByTestId('leave').click()
    await page.context().close()
  }

  await t.test('UDP is blocked: by TCP', async () => {
    await network.rules(forward('meta l4proto udp drop'))
    const { page, by } = await joins()
    assert.equal(by.protocol, 'tcp')
    assert.notEqual(by.type, 'relay')
    await leaves(page)
  })

  await t.test('all but TLS on one port is blocked: by TURN over TLS', async () => {
    await network.rules(forward(`ct state established accept
    tcp dport ${PORT} ip daddr ${addresses.server} accept
    drop`))
    const { page, by } = await joins(server.url, onlyRelayByTLS)
    assert.deepEqual([by.type, by.relay], ['relay', 'tls'])
    await leaves(page)
  })

  await t.test('behind a symmetric NAT', async () => {
    await network.rules(`table ip nat {
  chain out {
    type nat hook postrouting priority 100; policy accept;
    oifname "server" masquerade fully-random
  }
}
${forward('iifname "server" ct state new drop')}`)
    await network.removeAddress('client', addresses.client6)
    const { page, by } = await joins()
    assert.deepEqual([by.local, by.protocol], [addresses.router, 'udp']) // the address that the NAT gave it
    await leaves(page)
  })

  await t.test('IPv6 only', async () => {
    await network.rules('')
    await network.address('client', addresses.client6)
    await network.removeAddress('client', addresses.client)
    const { page, by } = await joins(`https://[${addresses.server6}]`)
    assert.equal(by.remote.replace(/[[\]]/g, ''), addresses.server6)
    await leaves(page)
    await network.address('client', addresses.client)
  })

  await t.test('the address changes in mid-call', async () => {
    await network.removeAddress('client', addresses.client6)
    const { page } = await joins()
    const id = await page.evaluate(() => window.__parley.participantId)
    const at = Date.now()
    const changed = (async () => {
      await network.removeAddress('client', addresses.client)
      await network.address('client', addresses.moved)
    })()
    const [sees, isSeen] = await Promise.all([picture(page), picture(alice), changed])
    console.log(`      sees again after ${(sees - at) / 1000} s, is seen again after ${(isSeen - at) / 1000} s`)
    assert.ok(sees - at < 10_000 && isSeen - at < 10_000, `sees again after ${sees - at} ms, is seen after ${isSeen - at} ms`)
    assert.equal((await way(page)).local, addresses.moved)
    assert.equal(await page.evaluate(() => window.__parley.participantId), id)
  })
})
