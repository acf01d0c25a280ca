// make bench-network: real Chromium publisher and subscriber, with the link of one of them impaired by link.js. Prints a
// table with the figures of every run; writes one plot a scenario, of its last run, into docs/images.
//
//   node bench/network/run.js [--only WORDS] [--runs N] [--load N] [--sweep] [--json FILE]
//
// --load has each run wait until the machine's load is below N, ten minutes at most: two browsers that encode and decode
// in real time, and a link in user space, say nothing about the network on a machine that does other things.
// --sweep has cuts of the downlink to several rates behind queues of several lengths, without plots, instead of the rest.
import { mkdir, writeFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { launch } from '../../e2e/lib/browser.js'
import { openPeer, startCall } from '../../e2e/lib/peer.js'
import { Server } from '../../e2e/lib/server.js'
import { Link } from '../../e2e/lib/link.js'
import { plot } from './plot.js'
import { quality, scenarios } from './scenarios.js'

const images = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const interval = 200 // ms between samples

function option(name) {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? undefined : process.argv[at + 1]
}

/** The counters of what the subscriber receives, differences since the last call. */
async function sample(page, publisherId, last) {
  const now = await page.evaluate((id) => globalThis.peer.counters(id), publisherId)
  const change = (key) => Math.max(0, (now[key] ?? 0) - (last[key] ?? 0))
  const seconds = (now.at - (last.at ?? now.at)) / 1000 || interval / 1000
  return {
    now,
    sample: {
      kbps: Math.round((change('bytes') * 8) / 1000 / seconds),
      estimate: now.estimate,
      width: change('frames') > 0 ? now.width : 0,
      frames: change('frames'),
      frozen: change('frozen'),
      audioSamples: change('audioSamples'),
      concealed: change('concealed'),
    },
  }
}

async function quiet(load) {
  for (const end = Date.now() + 600_000; loadavg()[0] >= load && Date.now() < end; ) await sleep(1000)
}

async function measure(scenario) {
  await quiet(Number(option('load') ?? Infinity))
  const server = await Server.start()
  const browser = await launch(30)
  const links = []
  try {
    const open = async (user) => {
      const link = await Link.open(server.port)
      links.push(link)
      return { page: await openPeer(browser, server, user), link }
    }
    const publisher = await open('alice')
    const subscriber = await open('bob')
    const callId = await startCall(publisher.page)
    await publisher.page.evaluate(([id, port]) => globalThis.peer.join(id, { mediaPort: port, frameRate: 30, redundancy: true }), [callId, publisher.link.port])
    await subscriber.page.evaluate(([id, port]) => globalThis.peer.join(id, { mediaPort: port, width: 320, height: 180, layers: ['q'], redundancy: true }), [callId, subscriber.link.port])
    const publisherId = await publisher.page.evaluate(() => globalThis.peer.id)
    await subscriber.page.evaluate((id) => globalThis.peer.view([{ participantId: id, source: 'camera', width: 1280, height: 720 }]), publisherId)
    await subscriber.page.evaluate(
      (id) => globalThis.peer.until(() => globalThis.peer.received(id, 'camera'), 'r.width === 1280', 60_000),
      publisherId,
    )
    const run = await record(scenario, publisher, subscriber, publisherId)
    return { ...run, load: loadavg()[0], server: await counters(server) }
  } finally {
    for (const link of links) link.close()
    await browser.close()
    await server.close()
  }
}

/** What the server did about it. */
async function counters(server) {
  const text = await (await fetch(`${server.url}/metrics`)).text()
  const of = (name) => Number(text.match(new RegExp(`^parley_media_${name}_total (\\S+)`, 'm'))?.[1])
  return { holds: of('holds'), cutOffs: of('cut_offs'), uplinkCaps: of('uplink_caps'), switches: of('switches') }
}

async function record(scenario, publisher, subscriber, publisherId) {
  const samples = []
  const steps = [...scenario.steps]
  let { now: last } = await sample(subscriber.page, publisherId, {})
  const start = performance.now()
  for (let t = 0; t < scenario.seconds; t = (performance.now() - start) / 1000) {
    while (steps.length > 0 && steps[0].t <= t) {
      const step = steps.shift()
      const { link } = scenario.publisher ? publisher : subscriber
      link.set(step.rules, step.directions)
    }
    await sleep(interval)
    const got = await sample(subscriber.page, publisherId, last)
    last = got.now
    samples.push({ t: (performance.now() - start) / 1000, ...got.sample })
  }
  const { link } = scenario.publisher ? publisher : subscriber
  return { samples, link: { up: link.up.counts, down: link.down.counts } }
}

/** One row of the table: the figure of each run, and whether all of them, or how many, meet the goal. */
function row(name, verdicts) {
  const [{ what, unit, goal }] = verdicts
  const met = verdicts.filter((v) => v.met).length
  const all = met === verdicts.length ? 'yes' : verdicts.length === 1 ? 'NO' : `NO (${met} of ${verdicts.length})`
  return `| ${name} | ${what} | ${verdicts.map((v) => v.got).join(', ')}${unit} | ${goal} | ${all} |`
}

const only = option('only')
const runs = Number(option('runs') ?? 1)
const sweep = process.argv.includes('--sweep')
const results = []
let met = true
await mkdir(images, { recursive: true })
console.log('| scenario | what | measured | goal | met |\n|---|---|---|---|---|')
for (const scenario of scenarios.filter((s) => Boolean(s.sweep) === sweep && (!only || s.name.includes(only)))) {
  const measured = []
  for (let i = 0; i < runs; i++) measured.push(await measure(scenario))
  const verdicts = measured.map((run) => scenario.judge(run))
  for (let i = 0; i < verdicts[0].length; i++) console.log(row(scenario.name, verdicts.map((v) => v[i])))
  met &&= verdicts.flat().every((v) => v.met)
  const file = `network-${scenario.name.replace(/[^a-z0-9]+/gi, '-').toLowerCase()}.svg`
  if (!sweep) await writeFile(images + file, plot(scenario.name, measured.at(-1).samples, scenario.steps))
  for (const [i, run] of measured.entries()) {
    results.push({ name: scenario.name, verdicts: verdicts[i], overall: quality(run, 0, scenario.seconds), link: run.link, server: run.server, load: run.load, samples: run.samples })
  }
}
if (option('json')) await writeFile(option('json'), JSON.stringify(results))
process.exitCode = met ? 0 : 1
