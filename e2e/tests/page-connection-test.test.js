// The page that tests a user's own connection, against a real server.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { desktop, eventually, phone, shoot } from '../lib/page.js'
import { Server } from '../lib/server.js'

/** Opens the page as a demo user, by the link on the sign-in page. */
async function openTest(browser, server, viewport, permissions = ['camera', 'microphone']) {
  const context = await browser.newContext({ viewport, permissions })
  const page = await context.newPage()
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()))
  await page.goto(server.url)
  await page.getByRole('link', { name: 'Test your connection' }).click()
  await page.getByTestId('user-alice').click()
  await page.getByRole('heading', { name: 'Connection test' }).waitFor()
  return page
}

/** The verdict on a row, once there is one. */
async function toneOf(page, id) {
  const row = page.getByTestId(`trial-${id}`)
  const tone = await eventually(() => row.getAttribute('data-tone'), (got) => got !== 'busy' && got !== 'waiting', id, 60_000)
  return { tone, text: await row.locator('.trial-says').innerText() }
}

const finished = (page) => page.getByTestId('trial-summary').waitFor({ timeout: 90_000 })

test('a user sees whether calls work from here', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())

  await t.test('everything is tried, and measured on a call of one\'s own', async () => {
    const page = await openTest(browser, server, desktop)
    await page.keyboard.press('Tab') // the first thing that the keyboard reaches starts the test
    await page.keyboard.press('Enter')
    await finished(page)
    const verdicts = {}
    for (const id of ['microphone', 'camera', 'socket', 'udp', 'tcp', 'turn-udp', 'turn-tcp', 'turn-tls', 'round-trip', 'jitter', 'loss', 'bandwidth', 'quality']) {
      verdicts[id] = await toneOf(page, id)
    }
    for (const id of ['microphone', 'camera', 'socket', 'udp', 'tcp', 'turn-udp', 'turn-tcp']) assert.equal(verdicts[id].tone, 'ok', `${id}: ${verdicts[id].text}`)
    assert.match(verdicts['turn-tls'].text, /offers no TURN over TLS/) // it needs a certificate
    // How good it is, is the machine's business while other tests run; that it was measured is ours.
    assert.match(verdicts['round-trip'].text, /^\d+ ms|^under 1 ms/)
    assert.match(verdicts.loss.text, /% on the way out, .*% on the way in/)
    assert.match(verdicts.bandwidth.text, /Mbit\/s out, .* Mbit\/s in/)
    assert.match(verdicts.quality.text, /[1-5]\.\d of 5/)
    await shoot(page, 'connection-test')
    await page.getByTestId('trial-quality').scrollIntoViewIfNeeded()
    await shoot(page, 'connection-test-results')
    assert.deepEqual(page.complaints, [])

    const { calls } = await server.get(await server.token('alice'), '/api/calls')
    assert.deepEqual(calls, [], 'a test is in nobody\'s history')
    await page.getByRole('link', { name: 'Back to Parley' }).click()
    await page.getByText('Direct messages').first().waitFor()
    await page.context().close()
  })

  await t.test('UDP that is blocked is named, with what to change', async () => {
    const page = await openTest(browser, server, phone)
    // The server's UDP addresses in an answer become one where nobody listens.
    await page.route('**/api/connection-test', async (route) => {
      const response = await route.fetch()
      const body = await response.json()
      if (body.data) body.data.answers = body.data.answers.map((sdp) => sdp.replace(/^(a=candidate:\S+ \d udp \d+ )\S+ \d+/gm, '$1192.0.2.1 9'))
      await route.fulfill({ response, json: body })
    })
    await page.getByRole('button', { name: 'Start the test' }).click()
    assert.equal((await toneOf(page, 'tcp')).tone, 'ok')
    assert.equal((await toneOf(page, 'udp')).text, 'Your network blocks UDP. Calls work over TCP, with more delay; ask your administrator to allow UDP port 9 to localhost.')
    await finished(page)
    assert.match(await page.getByTestId('trial-summary').innerText(), /better over UDP/)
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth > window.innerWidth || document.querySelector('.trial').scrollWidth > window.innerWidth)
    assert.equal(wide, false, 'the page fits a phone')
    await shoot(page, 'connection-test-phone')
    await page.getByTestId('trial-tcp').scrollIntoViewIfNeeded()
    await shoot(page, 'connection-test-phone-results')
    await page.context().close()
  })

  await t.test('devices that may not be used are named, and the page leaves no test behind', async () => {
    const page = await openTest(browser, server, desktop)
    await page.evaluate(() => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))
    })
    const gone = page.waitForRequest((request) => request.method() === 'DELETE' && request.url().includes('/api/connection-test/'))
    await page.getByRole('button', { name: 'Start the test' }).click()
    const microphone = await toneOf(page, 'microphone')
    assert.equal(microphone.tone, 'bad')
    assert.match(microphone.text, /Allow it in the address bar/)
    await gone
    await page.context().close()
  })
})
