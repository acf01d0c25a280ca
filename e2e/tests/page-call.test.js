// A call in the page: three people see and hear each other, and use every button.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { desktop, eventually, joinCall, openApp, phone, received, shoot, soundCodecs } from '../lib/page.js'
import { Server } from '../lib/server.js'

/** The widths of the videos that a page shows and that move. */
function playing(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('[data-testid^="tile-"] video, [data-testid^="screen-"] video')].filter((v) => v.videoWidth > 0 && !v.paused).map((v) => v.videoWidth),
  )
}

const tiles = (page) => page.locator('[data-testid^="tile-"]').count()

test('a call in the page', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const alice = await openApp(browser, server, 'alice', { colorScheme: 'dark' })
  const bob = await openApp(browser, server, 'bob')
  const carol = await openApp(browser, server, 'carol')
  const pages = [alice, bob, carol]
  const everybodyMoves = async (some, videos) => {
    for (const page of some) {
      const before = await received(page)
      await eventually(
        () => received(page),
        (now) => now.filter((s) => s.kind === 'video' && s.frames > (before.find((b) => b.mid === s.mid)?.frames ?? 0) + 5).length >= videos,
        'received video goes on',
      )
    }
  }

  await t.test('it rings, and whoever accepts is in', async () => {
    await joinCall(alice, 'call-video')
    await bob.getByTestId('incoming').waitFor()
    await shoot(bob, 'incoming')
    await bob.getByTestId('incoming-accept').click()
    await bob.getByTestId('call').waitFor()
    await carol.getByTestId('incoming-decline').click()
    await carol.getByTestId('incoming').waitFor({ state: 'hidden' })
    await carol.getByTestId('join-call').click()
    await carol.getByTestId('prejoin-join').waitFor()
    await shoot(carol, 'prejoin')
    await carol.getByTestId('prejoin-join').click()
    await carol.getByTestId('call').waitFor()
  })

  await t.test('everybody sees and hears both others', async () => {
    for (const page of pages) {
      await eventually(() => tiles(page), (n) => n === 3, 'three tiles')
      await eventually(() => playing(page), (widths) => widths.length === 3, 'three videos play')
      await eventually(
        () => received(page),
        (now) => now.filter((s) => s.kind === 'audio' && s.energy > 0.0001).length === 2,
        'two voices are heard',
      )
      const codecs = await soundCodecs(page)
      assert.ok(codecs.length >= 3 && codecs.every((codec) => codec === 'red'), `sound is sent and taken as ${codecs}`)
    }
    await shoot(alice, 'call-dark')
    await shoot(bob, 'call-light')
  })

  await t.test('who speaks is shown, and how well one is connected', async () => {
    for (const page of pages) {
      await page.locator('.tile-speaking').first().waitFor() // the fake microphones beep
      const bars = page.locator('.call-head [data-testid="quality"]')
      await bars.waitFor()
      assert.match(await bars.getAttribute('aria-label'), /^(Excellent|Good|Fair|Poor) connection/)
    }
  })

  await t.test('a camera that is switched off is shown off, and comes back', async () => {
    const id = await bob.evaluate(() => window.__parley.participantId)
    await bob.getByTestId('camera').click()
    await eventually(() => alice.locator(`[data-testid="tile-${id}"] video:visible`).count(), (n) => n === 0, 'the tile shows no video')
    await shoot(alice, 'camera-off')
    await bob.getByTestId('camera').click()
    await eventually(() => playing(alice), (widths) => widths.length === 3, 'three videos play again')
    await everybodyMoves([alice, carol], 2)
  })

  await t.test('a muted microphone is shown and not heard', async () => {
    const id = await bob.evaluate(() => window.__parley.participantId)
    await bob.getByTestId('mute').click()
    await alice.locator(`[data-testid="tile-${id}"][aria-label*="muted"]`).waitFor()
    await bob.getByTestId('mute').click()
    await alice.locator(`[data-testid="tile-${id}"]:not([aria-label*="muted"])`).waitFor()
  })

  await t.test('a shared screen is large for the others', async () => {
    const id = await carol.evaluate(() => window.__parley.participantId)
    await carol.getByTestId('screen').click()
    for (const page of [alice, bob]) {
      await page.getByTestId(`screen-${id}`).waitFor()
      await eventually(() => page.locator(`[data-testid="screen-${id}"] video`).evaluate((v) => v.videoWidth), (width) => width >= 640, 'the screen is shown')
    }
    await shoot(alice, 'screen')
    await carol.getByTestId('screen').click()
    await alice.getByTestId(`screen-${id}`).waitFor({ state: 'detached' })
    await everybodyMoves(pages, 2)
  })

  await t.test('chat goes on beside the call', async () => {
    await bob.getByTestId('minimise').click()
    await bob.getByTestId('floating-call').waitFor()
    await shoot(bob, 'minimised')
    for (const viewport of [phone, desktop]) {
      await bob.setViewportSize(viewport)
      const [small, chat] = [await bob.getByTestId('floating-call').boundingBox(), await bob.locator('.main').boundingBox()]
      assert.ok(small.y + small.height <= chat.y || small.x + small.width <= chat.x, 'the call lies over the chat')
      assert.ok(chat.height >= viewport.height - 60, 'it takes more than a line')
      await bob.getByTestId('leave').click({ trial: true })
    }
    await bob.getByTestId('expand').click()
    await bob.getByTestId('call').waitFor()
  })

  await t.test('the focus goes with the call when it is made small and large', async () => {
    await bob.getByTestId('minimise').press('Enter')
    await bob.locator('[data-testid="expand"]:focus').press('Enter')
    await bob.getByTestId('call').locator('h1:focus').waitFor()
  })

  await t.test('a lost socket loses no call', async () => {
    const before = await carol.evaluate(() => window.__parley.participantId)
    await carol.context().setOffline(true)
    await carol.getByTestId('banner').waitFor({ timeout: 60_000 }).catch(() => {})
    await carol.context().setOffline(false)
    await everybodyMoves(pages, 2)
    assert.equal(await carol.evaluate(() => window.__parley.participantId), before)
  })

  await t.test('after one leaves the others go on, and the last one ends it', async () => {
    await alice.getByTestId('leave').click()
    await eventually(() => tiles(bob), (n) => n === 2, 'two tiles')
    await everybodyMoves([bob, carol], 1)
    await bob.setViewportSize(phone)
    await shoot(bob, 'call-phone')
    await bob.setViewportSize(desktop)
    await bob.getByTestId('leave').press('Enter')
    await bob.getByTestId('leave').waitFor({ state: 'detached' })
    await bob.locator('.pane-head h1 button:focus').waitFor()
    await carol.getByTestId('leave').click()
    await alice.getByTestId('join-call').waitFor({ state: 'detached' })
  })

  for (const page of pages) assert.deepEqual(page.complaints.filter((text) => !text.includes('ERR_INTERNET_DISCONNECTED')), [])
})
