// The app as a person uses it.
import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const shots = fileURLToPath(new URL('../screenshots/', import.meta.url))

export const desktop = { width: 1440, height: 900 }
export const phone = { width: 390, height: 844 }

/**
 * Opens the app as a demo user, or with a token; what the page complains of in its console is collected in page.complaints. `prepare` is a
 * function and its argument, to run in the page before the app.
 */
export async function openApp(browser, server, user, { viewport = desktop, colorScheme = 'light', touch = false, prepare, token } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, hasTouch: touch, isMobile: touch, permissions: ['camera', 'microphone'] })
  const page = await context.newPage()
  if (prepare) await page.addInitScript(...prepare)
  page.complaints = []
  page.on('pageerror', (error) => page.complaints.push(String(error)))
  page.on('console', (message) => message.type() === 'error' && page.complaints.push(message.text()))
  await visit(page, token ? `${server.url}/#token=${token}` : server.url)
  if (!token) await page.getByTestId(`user-${user}`).click()
  await page.getByText('Direct messages').first().waitFor()
  return page
}

/** Goes to an address, again when Chromium has just noticed that the machine has another network, and so given up. */
async function visit(page, url) {
  for (let tries = 1; ; tries++) {
    try {
      return await page.goto(url)
    } catch (error) {
      if (tries === 3 || !String(error).includes('ERR_NETWORK_CHANGED')) throw error
    }
  }
}

/** Writes a message in the open channel, or in another field. */
export async function write(page, text, field = 'composer') {
  await page.getByTestId(field).fill(text)
  await page.getByTestId(field).press('Enter')
}

/** Waits until the open channel shows a message. */
export function shows(page, text) {
  return page.getByTestId('message').filter({ hasText: text }).first().waitFor()
}

/** Waits until the open channel shows a message that the server has. */
export function sent(page, text) {
  return page.getByTestId('message').filter({ hasText: text }).and(page.locator('[data-state="sent"]')).first().waitFor()
}

/** Writes a screenshot into e2e/screenshots, to be looked at. */
export async function shoot(page, name) {
  await mkdir(shots, { recursive: true })
  await page.screenshot({ path: `${shots}${name}.png` })
}

/** Starts or joins the call of the open channel. */
export async function joinCall(page, button) {
  await page.getByTestId(button).click()
  await page.getByTestId('prejoin-join').click()
  await page.getByTestId('call').waitFor()
}

/** What the page's own connection receives of each participant, by the browser's statistics. */
export function received(page) {
  return page.evaluate(async () => {
    const pc = window.__parley.peerConnection
    if (!pc) return []
    const stats = [...(await pc.getStats()).values()]
    return stats
      .filter((s) => s.type === 'inbound-rtp')
      .map((s) => ({ kind: s.kind, mid: s.mid, frames: s.framesDecoded ?? 0, width: s.frameWidth ?? 0, energy: s.totalAudioEnergy ?? 0, packets: s.packetsReceived ?? 0 }))
  })
}

/** The codec that comes first in each of the sections for sound that the server has agreed to. */
export function soundCodecs(page) {
  return page.evaluate(() => {
    const sections = window.__parley.peerConnection.remoteDescription.sdp.split('\r\nm=').filter((section) => /^audio [1-9]/.test(section))
    return sections.map((section) => {
      const [, format] = section.match(/^audio \d+ \S+ (\d+)/)
      return section.match(new RegExp(`a=rtpmap:${format} (\\w+)`))?.[1]
    })
  })
}

/** Asks again and again until the condition holds for what `get` gives, and returns that. */
export async function eventually(get, fits, what, ms = 20_000) {
  const end = Date.now() + ms
  for (;;) {
    const got = await get()
    if (fits(got)) return got
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms; last: ${JSON.stringify(got)}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
