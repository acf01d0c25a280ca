// Real Chromium, with a fake camera and microphone.
import { chromium } from 'playwright-core'

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-fake-ui-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
]

/** Starts Chromium, whose camera gives so many frames a second; close() ends it. */
export function launch(fps = 15, { executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium', more = [] } = {}) {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [...args, `--use-fake-device-for-media-stream=fps=${fps}`, ...more],
  })
}
