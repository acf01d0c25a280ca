// What machines can tell of accessibility: names, roles, contrast and structure, by axe, with everything open once.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { joinCall, openApp, phone, sent, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Fails with what is wrong on the page now. */
async function check(page, where) {
  // What fades in has its colours only at the end.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((animation) => animation.finished)))
  const problems = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'],
      rules: {
        'label-content-name-mismatch': { enabled: false }, // takes words in two elements for one
        'landmark-one-main': { enabled: true },
        'landmark-no-duplicate-main': { enabled: true },
        'page-has-heading-one': { enabled: true },
      },
    })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`))
  })
  assert.deepEqual(problems, [], where)
}

/** Fails unless the page has one main part, with one heading that says what is there; what is covered does not count. */
async function headed(page, name) {
  const seen = (role, options) => page.getByRole(role, options).and(page.locator(':not([inert], [inert] *)'))
  await seen('heading', { level: 1, name }).waitFor()
  assert.equal(await seen('main').getByRole('heading', { level: 1, name }).count(), 1, `the heading ${name} in the main part`)
  assert.equal(await seen('main').count(), 1, `main parts at ${name}`)
  assert.equal(await seen('heading', { level: 1 }).count(), 1, `headings of the first level at ${name}`)
}

async function open(browser, server, options) {
  const page = await openApp(browser, server, 'grace', options)
  await page.evaluate(axe) // not as a script element: the page's policy forbids those
  return page
}

test('the theme is the system’s, or the one that was chosen', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const page = await openApp(browser, server, 'bob', { colorScheme: 'dark' })
  const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor === 'rgb(23, 24, 28)')
  assert.equal(await dark(), true, 'as the system')
  await page.getByTestId('theme').click()
  assert.equal(await dark(), false, 'light')
  await page.emulateMedia({ colorScheme: 'light' })
  await page.getByTestId('theme').click()
  assert.equal(await dark(), true, 'dark')
  await page.getByTestId('theme').click()
  assert.equal(await dark(), false, 'as the system, which is light now')
})

test('accessibility', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const bob = await openApp(browser, server, 'bob')
  await write(bob, '**Bold**, a [link](https://example.com)\n\n- [x] done\n\n|a|b|\n|-|-|\n|1|2|\n\n```js\nconst a = 1\n```')
  await sent(bob, 'Bold')
  await bob.context().close()

  for (const colorScheme of ['light', 'dark']) {
    await t.test(`the conversation and what stands beside it, ${colorScheme}`, async () => {
      const page = await open(browser, server, { colorScheme })
      const message = page.getByTestId('message').filter({ hasText: 'Bold' })
      await message.waitFor()
      await check(page, 'channel')
      await headed(page, 'General')
      await message.hover()
      await message.getByTestId('more').click()
      await check(page, 'a message’s menu')
      await page.keyboard.press('Escape')
      await message.hover()
      await message.getByTestId('action-thread').click()
      await write(page, `a reply in the ${colorScheme}`, 'thread-composer')
      await page.getByTestId('replies-line').waitFor()
      await check(page, 'thread')
      await page.getByTestId('threads-open').click()
      await page.getByTestId('followed').waitFor()
      await check(page, 'threads')
      await page.getByTestId('members-open').click()
      for (const tab of ['members', 'about', 'pins']) {
        await page.getByTestId(`tab-${tab}`).click()
        await check(page, tab)
      }
      await page.getByTestId('composer').pressSequentially('@b')
      await page.getByTestId('mention-list').waitFor()
      await check(page, 'mentions')
      await page.getByTestId('composer').fill('')
      await page.keyboard.press('Control+f')
      await page.getByTestId('search-input').pressSequentially('bo')
      await page.getByTestId('suggestions').waitFor()
      await check(page, 'suggestions')
      await page.keyboard.press('Escape')
      await page.getByTestId('search-filters').click()
      await check(page, 'search')
      await joinCall(page, 'call-voice')
      await headed(page, 'General')
      await check(page, 'call')
      // A name that changes says the state already: “Unmute, pressed” would say it twice, and wrongly.
      assert.equal(await page.getByRole('toolbar', { name: 'Call' }).locator('[aria-pressed]').count(), 0)
      await page.getByTestId('minimise').click()
      await page.getByTestId('floating-call').waitFor()
      await headed(page, 'General')
      await check(page, 'a call beside the conversation')
      await page.getByTestId('leave').click()
      await page.context().close()
    })

    await t.test(`dialogs on a phone, ${colorScheme}`, async () => {
      const page = await open(browser, server, { colorScheme, viewport: phone })
      await check(page, 'channels')
      await headed(page, 'Parley')
      await page.getByTestId('my-status').click()
      await check(page, 'status')
      await page.keyboard.press('Escape')
      await page.getByTestId('my-menu').click()
      await check(page, 'menu')
      await page.getByTestId('open-moderation').click()
      for (const tab of ['reports', 'dms', 'audit', 'words']) {
        await page.getByTestId(`tab-${tab}`).click()
        await check(page, tab)
      }
      await page.keyboard.press('Escape')
      await page.getByTestId('add-channels').click()
      await page.getByTestId('new-channel').click()
      await check(page, 'new channel')
      await page.keyboard.press('Escape')
      await page.locator('[data-channel-name="General"]').click()
      await page.getByTestId('message').first().waitFor()
      await check(page, 'channel')
      await headed(page, 'General')
      await page.getByTestId('send-later').click()
      await check(page, 'send later')
      await page.keyboard.press('Escape')
      await page.getByTestId('back').click()
      await page.getByTestId('switcher-open').waitFor()
      await headed(page, 'Parley')
      for (const [button, name] of [['saved-open', 'Saved'], ['threads-open', 'Threads'], ['sidebar-search', 'Search']]) {
        await page.getByTestId(button).click()
        await headed(page, name)
        await check(page, name)
        await page.getByTestId('panel-close').click()
      }
      await page.evaluate(() => (location.hash = '/c/6561f00f5c1b2a0007a1b2c3'))
      await headed(page, 'This channel is not here')
      await check(page, 'no channel')
      await page.getByTestId('back').click()
      await headed(page, 'Parley')
      await page.locator('[data-channel-name="General"]').click()
      await page.getByTestId('message').first().waitFor()
      await page.route('**/api/channels', (route) => route.fulfill({ status: 500 }))
      await page.reload()
      await page.getByText('The channels could not be loaded.').waitFor()
      await headed(page, 'Parley')
      await page.unroute('**/api/channels')
      await page.getByRole('button', { name: 'Try again' }).click()
      await headed(page, 'General')
      await page.context().close()
    })
  }
})
