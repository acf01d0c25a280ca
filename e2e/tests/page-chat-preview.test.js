// Previews of links in the page. The server fetches only from the public internet, so what it would tell is made up here.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, openApp, phone, shoot } from '../lib/page.js'
import { Server } from '../lib/server.js'

/** Draws a picture in the page, as the bytes of a PNG. */
async function drawn(page, width, height) {
  const data = await page.evaluate(
    ([width, height]) => {
      const canvas = Object.assign(document.createElement('canvas'), { width, height })
      const context = canvas.getContext('2d')
      const gradient = context.createLinearGradient(0, 0, width, height)
      gradient.addColorStop(0, '#2a6df4')
      gradient.addColorStop(1, '#f4b32a')
      context.fillStyle = gradient
      context.fillRect(0, 0, width, height)
      return canvas.toDataURL('image/png')
    },
    [width, height],
  )
  return Buffer.from(data.split(',')[1], 'base64')
}

test('pictures of previews in the page', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const page = await openApp(browser, server, 'alice')
  const token = await server.token('alice')
  const general = (await server.get(token, '/api/channels')).channels.find((each) => each.channelType === 'general')
  const [example] = (await server.get(token, `/api/communications?channelId=${general._id}&limit=1`)).messages
  const pictures = { wide: await drawn(page, 640, 336), square: await drawn(page, 200, 200) }

  const linking = (seq, name, more) => ({
    ...example,
    _id: String(seq).padStart(24, '0'),
    clientId: `preview-${seq}`,
    seq,
    message: `https://acme.example.com/${name}`,
    linkPreview: { url: `https://acme.example.com/${name}`, title: `The ${name} one`, description: 'Everything for everyone.', siteName: 'Acme', ...more },
  })
  const image = `/api/communications/x/preview-image`
  const messages = [
    linking(1, 'wide', { image, imageWidth: 640, imageHeight: 336, imageAlt: 'The works from above' }),
    linking(2, 'square', { image, imageWidth: 200, imageHeight: 200 }),
    linking(3, 'gone', { image, imageWidth: 640, imageHeight: 336, imageAlt: 'Nothing any more' }),
    linking(4, 'plain', {}),
  ]
  const body = JSON.stringify({ success: true, data: { messages, hasMore: false, eventSeq: general.eventSeq } })
  let release
  const released = new Promise((resolve) => (release = resolve))
  const asked = { wide: 0, square: 0, gone: 0 }
  const prepare = async (page) => {
    await page.route('**/api/communications?*', (route) => route.fulfill({ contentType: 'application/json', body }))
    await page.route('**/preview-image', (route) => {
      const seq = Number(route.request().url().split('/').at(-2))
      const name = messages[seq - 1].linkPreview.url.split('/').at(-1)
      asked[name]++
      if (name === 'gone') return route.fulfill({ status: 404, contentType: 'application/json', body: '{"success":false,"error":"No.","code":"preview_image_not_found"}' })
      assert.match(route.request().headers().authorization, /^Bearer /)
      return route.fulfill({ contentType: 'application/json', body: JSON.stringify({ success: true, data: { url: `/api/blobs/${name}.png?try=${asked[name]}` } }) })
    })
    await page.route('**/api/blobs/*', async (route) => {
      const [, name, attempt] = route.request().url().match(/blobs\/(\w+)\.png\?try=(\d+)/)
      await released
      // The first link to the square one has ended before it was followed.
      if (name === 'square' && attempt === '1') return route.fulfill({ status: 404, body: 'ended' })
      return route.fulfill({ contentType: 'image/png', body: pictures[name] })
    })
  }
  const open = (page) => page.getByTestId('preview').first().waitFor()
  const card = (page, name) => page.getByTestId('preview').filter({ hasText: `The ${name} one` })
  const boxes = async (page) => {
    const all = {}
    for (const name of ['wide', 'square', 'gone', 'plain']) {
      const { width, height } = await card(page, name).boundingBox()
      all[name] = [Math.round(width), Math.round(height)]
    }
    return all
  }
  const loaded = (page, name) => card(page, name).locator('img').evaluateAll((all) => all.map((img) => img.complete && img.naturalWidth).at(0) || 0)

  await t.test('nothing moves when they come, and what has ended is asked for again', async () => {
    await prepare(page)
    await page.reload()
    await open(page)
    await eventually(() => asked.gone, (n) => n > 0, 'all are asked for')
    const before = await boxes(page)
    release()
    await eventually(() => loaded(page, 'wide'), (width) => width === 640, 'the wide picture')
    await eventually(() => loaded(page, 'square'), (width) => width === 200, 'the square picture, by its second link')
    assert.deepEqual(await boxes(page), before)
    assert.deepEqual({ wide: asked.wide, square: asked.square }, { wide: 1, square: 2 })
    assert.ok(before.wide[1] > before.square[1] && before.gone[1] === before.wide[1], JSON.stringify(before))
    const alts = await page.locator('.preview-picture img').evaluateAll((all) => all.map((img) => img.alt))
    assert.deepEqual(alts, ['The works from above', ''])
    assert.equal(await card(page, 'gone').locator('img').count(), 0)
    await shoot(page, 'previews-light')
  })

  await t.test('they fit a phone', async () => {
    const small = await openApp(browser, server, 'bob', { viewport: phone, touch: true, colorScheme: 'dark' })
    await prepare(small)
    await small.getByRole('navigation').getByText('General').first().click()
    await open(small)
    await eventually(() => loaded(small, 'wide'), (width) => width === 640, 'the wide picture')
    for (const [width] of Object.values(await boxes(small))) assert.ok(width <= phone.width, `${width} px wide`)
    assert.equal(await small.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    await shoot(small, 'previews-phone-dark')
  })
})
