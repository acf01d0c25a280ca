// A conversation of 50,000 messages scrolls smoothly: only what is in sight is drawn.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, openApp, shows, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

const COUNT = 50_000
const TEXTS = [
  'Morning! The Acme quote goes out today.',
  'Done: **three** of _five_ items, see https://example.com/list?page=2',
  '> said before\n\nYes, and `select 1` works too.',
  'A longer one, that runs over several lines in a window of ordinary width, because somebody had much to say about the export and its columns, and about who is to look at them before noon on Thursday.',
  '- first\n- second\n- third',
  '```ts\nconst answer: number = 42;\nconsole.log(answer);\n```',
]

/** Looks how long each frame takes while something happens, and for how long the page's own thread was busy. */
async function frames(page, what) {
  const busy = await busyTime(page)
  await page.evaluate(() => {
    window.__frames = []
    let last = performance.now()
    const tick = (now) => {
      window.__frames?.push(now - last)
      last = now
      if (window.__frames) requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  })
  await what()
  const all = await page.evaluate(() => {
    const seen = window.__frames
    window.__frames = null
    return seen
  })
  const sorted = all.slice(1).sort((a, b) => a - b)
  const at = (share) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] * 10) / 10
  return { busyMs: Math.round((await busyTime(page)) - busy), frames: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1) }
}

async function busyTime(page) {
  page.cdp ??= await page.context().newCDPSession(page)
  await page.cdp.send('Performance.enable')
  const { metrics } = await page.cdp.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000
}

test('50,000 messages', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const page = await openApp(browser, server, 'alice')
  const { channels } = await server.get(await server.token('alice'), '/api/channels')
  const general = channels.find((each) => each.channelType === 'general')
  const [example] = (await server.get(await server.token('alice'), `/api/communications?channelId=${general._id}&limit=1`)).messages
  const people = ['alice', 'bob', 'carol', 'dave'].map((_id) => ({ _id, name: `${_id[0].toUpperCase()}${_id.slice(1)} Example`, avatarUrl: '' }))
  const messages = Array.from({ length: COUNT }, (_, i) => ({
    ...example,
    _id: i.toString(16).padStart(24, '0'),
    clientId: `fake-${i}`,
    seq: i + 1 - COUNT, // before those that the server has
    senderId: people[Math.floor(i / 3) % people.length],
    message: `${TEXTS[i % TEXTS.length]} (${i + 1})`,
    createdAt: new Date(Date.now() - (COUNT - i) * 60_000).toISOString(),
    reactions: i % 9 ? [] : [{ emoji: '👍', userId: 'bob', createdAt: example.createdAt }],
  }))
  const body = JSON.stringify({ success: true, data: { messages, hasMore: false, eventSeq: general.eventSeq } })
  await page.route('**/api/communications?*', (route) => route.fulfill({ contentType: 'application/json', body }))
  await page.reload()
  await page.getByTestId('message').filter({ hasText: `(${COUNT})` }).first().waitFor()
  const box = page.getByRole('log', { name: 'Messages' })
  const drawn = () => page.getByTestId('message').count()
  assert.ok((await drawn()) < 120, 'only what is in sight is drawn')

  await box.hover()
  const scrolled = await frames(page, async () => {
    for (let i = 0; i < 100; i++) await page.mouse.wheel(0, -400)
  })
  const leapt = await frames(page, () =>
    box.evaluate(async (log) => {
      for (let i = 1; i <= 20; i++) {
        log.scrollTop = (log.scrollHeight / 21) * (i % 2 ? i : 21 - i)
        await new Promise((resolve) => setTimeout(resolve, 60))
      }
      log.scrollTop = log.scrollHeight
    }),
  )
  assert.ok((await drawn()) < 120, 'only what is in sight is drawn')
  await eventually(() => box.evaluate((log) => (log.scrollTop = log.scrollHeight) && log.scrollHeight - log.scrollTop - log.clientHeight), (left) => left < 60, 'at the bottom')
  const written = await frames(page, async () => {
    for (let i = 0; i < 5; i++) {
      await write(page, `one more ${i}`)
      await shows(page, `one more ${i}`)
    }
  })
  t.diagnostic(`scrolling: ${JSON.stringify(scrolled)}`)
  t.diagnostic(`leaping: ${JSON.stringify(leapt)}`)
  t.diagnostic(`writing: ${JSON.stringify(written)}`)
  // What a frame takes on a machine that does other things as well says little; what the page itself does says all.
  assert.ok(scrolled.frames > 30 && scrolled.p50 < 34, 'scrolling is smooth')
  assert.ok(written.busyMs / 5 < 250, 'a message more costs little')
  assert.deepEqual(page.complaints, [])
})
