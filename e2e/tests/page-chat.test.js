// Chat in the page: what one writes the others see at once, and it is there after a reload and after a crash.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { act } from '../lib/message.js'
import { desktop, eventually, openApp, phone, sent, shoot, shows, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

test('chat in the page', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const alice = await openApp(browser, server, 'alice')
  const bob = await openApp(browser, server, 'bob', { colorScheme: 'dark' })

  const item = (page, name) => page.getByRole('navigation').getByRole('button', { name })

  await t.test('a message is seen at once by the others and is there after a reload', async () => {
    await write(alice, 'Hello from the test & <b>not bold</b>')
    await shows(bob, 'Hello from the test & <b>not bold</b>')
    await bob.reload()
    await shows(bob, 'Hello from the test & <b>not bold</b>')
    await shoot(alice, 'general-light')
    await shoot(bob, 'general-dark')
  })

  await t.test('the first screen takes little, and the rest comes by itself', async () => {
    const page = await browser.newPage()
    await page.goto(server.url)
    await page.getByTestId('user-dave').waitFor()
    const scripts = () => page.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js')).map(({ name, encodedBodySize }) => ({ name, encodedBodySize })))
    const bytes = (await scripts()).reduce((sum, each) => sum + each.encodedBodySize, 0)
    assert.ok(bytes < 200_000, `${bytes} bytes of scripts`)
    assert.equal((await scripts()).some(({ name }) => name.includes('/rest-')), false)
    await page.getByTestId('user-dave').click()
    await eventually(scripts, (all) => all.some(({ name }) => name.includes('/rest-')), 'the rest')
    await page.close()
  })

  await t.test('a direct message is found by name, and marks itself unread', async () => {
    await alice.getByTestId('new-dm').click()
    await alice.getByRole('dialog').getByRole('textbox').or(alice.getByRole('dialog').getByRole('combobox')).or(alice.getByRole('dialog').getByRole('searchbox')).first().fill('caro')
    await shoot(alice, 'new-dm')
    await alice.getByRole('dialog').getByText('Carol Okafor').first().click()
    await alice.getByRole('heading', { name: 'Carol Okafor' }).first().waitFor()
    await write(alice, 'Only for Carol')
    await shows(alice, 'Only for Carol')
    const carol = await openApp(browser, server, 'carol')
    await carol.getByRole('navigation').getByText('Alice Moreau').first().click()
    await shows(carol, 'Only for Carol')
    assert.equal(await bob.getByText('Only for Carol').count(), 0)
    await carol.context().close()
  })

  await t.test('a channel with something written and not sent in it is marked, also on another device', async () => {
    await alice.getByTestId('composer').fill('Half a thought')
    await item(alice, /^General/).click()
    await item(alice, /^Carol Okafor.*, a draft/).waitFor()
    const other = await openApp(browser, server, 'alice', { viewport: phone })
    await item(other, /^Carol Okafor.*, a draft/).click()
    await eventually(() => other.getByTestId('composer').inputValue(), (text) => text === 'Half a thought', 'the draft is there')
    await other.getByTestId('composer').fill('')
    await item(alice, /^Carol Okafor(?!.*a draft)/).waitFor()
    await other.context().close()
  })

  await t.test('nothing moves when it is told who has seen a message', async () => {
    await item(alice, /^Sales/).click()
    await write(alice, 'Who has seen this?')
    await sent(alice, 'Who has seen this?')
    const place = () => alice.getByTestId('message').filter({ hasText: 'Who has seen this?' }).boundingBox()
    const before = await place()
    await item(bob, /^Sales/).click()
    await alice.getByTestId('seen').waitFor()
    assert.deepEqual(await place(), before)
    await shoot(alice, 'seen')
  })

  await t.test('a jump to what is in sight leaves one at the newest', async () => {
    const id = await alice.getByTestId('message').filter({ hasText: 'Who has seen this?' }).getAttribute('data-message-id')
    await alice.evaluate((target) => (location.hash += `/m/${target}`), id)
    await alice.locator('.message-marked').waitFor()
    await write(bob, 'right below')
    await shows(alice, 'right below')
    await alice.getByTestId('to-newest').waitFor({ state: 'detached' })
  })

  await t.test('whoever reads a little further up is told of what comes below', async () => {
    for (let i = 0; i < 10; i++) await write(bob, `one\n\nafter\n\nthe other ${i}`)
    await shows(alice, 'the other 9')
    await eventually(() => alice.getByRole('log').evaluate((list) => list.scrollHeight - list.clientHeight - list.scrollTop), (below) => below < 1, 'at the bottom')
    await alice.getByRole('log').evaluate((list) => {
      list.scrollBy(0, -120)
      return new Promise((heard) => requestAnimationFrame(() => requestAnimationFrame(heard)))
    })
    await bob.getByTestId('composer').pressSequentially('and another one', { delay: 30 }) // as a person types: the list is at rest by then
    await bob.getByTestId('composer').press('Enter')
    const newest = alice.getByTestId('to-newest').filter({ hasText: '1 new' })
    await shoot(alice, 'one-new')
    await newest.press('Enter')
    await shows(alice, 'and another one')
    await newest.waitFor({ state: 'detached' })
    assert.equal(await alice.evaluate(() => document.activeElement?.dataset.testid), 'composer')
    await alice.getByRole('log').evaluate((list) => list.scrollTo(0, 0))
    await alice.getByTestId('to-newest').waitFor()
    await alice.setViewportSize({ ...desktop, height: 2500 }) // all of it is in sight
    await alice.getByTestId('to-newest').waitFor({ state: 'detached' })
    await alice.setViewportSize(desktop)
    await item(bob, /^General/).click()
  })

  await t.test('what came while one looked elsewhere stands below a line', async () => {
    await item(alice, /^Carol Okafor/).click()
    await item(alice, /^General/).click()
    const look = (on) => alice.evaluate((looked) => {
      document.hasFocus = () => looked
      window.dispatchEvent(new Event(looked ? 'focus' : 'blur'))
    }, on)
    await shows(alice, 'Hello from the test')
    assert.equal(await alice.getByTestId('new-line').count(), 0)
    await look(false)
    await write(bob, 'While you were away')
    await item(alice, /^General, 1 new/).waitFor()
    await look(true)
    await alice.getByTestId('new-line').waitFor()
    await item(alice, /^General(?!, 1 new)/).waitFor()
    assert.ok((await alice.getByTestId('new-line').boundingBox()).y < (await alice.getByTestId('message').last().boundingBox()).y)
  })

  await t.test('a long and a hostile message do no harm', async () => {
    await bob.getByTestId('composer').fill('javascript:alert(1) data:text/html,x https://example.com/?a=1&b=2 ' + 'w'.repeat(500))
    await bob.getByTestId('send').click()
    await alice.getByRole('navigation').getByText('General').first().click()
    await shows(alice, 'javascript:alert(1)')
    const links = await alice.getByTestId('message').filter({ hasText: 'javascript:alert(1)' }).locator('a').evaluateAll((all) => all.map((a) => a.href))
    assert.deepEqual(links, ['https://example.com/?a=1&b=2'])
    assert.equal(await alice.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
  })

  await t.test('a long name stays within what it heads', async () => {
    const token = await server.person('long', 'Donaudampfschifffahrtsgesellschaftskapitänswitwenrentenauszahlungsstelle', 'user')
    const long = await openApp(browser, server, 'long', { token, viewport: phone })
    await item(long, /^General/).click()
    await long.getByTestId('composer').fill('My name is long')
    await long.getByTestId('send').click()
    await sent(long, 'My name is long')
    await act(long, 'My name is long', 'quote')
    await write(long, 'quoted')
    for (const head of ['.quote-head', '.message-head', '.composer-quote']) {
      const over = await long.locator(head).evaluateAll((all) => all.filter((each) => each.scrollWidth > each.clientWidth).length)
      assert.equal(over, 0, head)
    }
    await shoot(long, 'long-name-phone')
    await long.context().close()
  })

  await t.test('a crash of the server loses nothing: what is written meanwhile arrives later, once', async () => {
    await server.crash()
    await alice.getByTestId('banner').waitFor()
    await write(alice, 'Written while the server was gone')
    await shoot(alice, 'offline')
    await server.run()
    await shows(bob, 'Written while the server was gone')
    await alice.getByTestId('banner').waitFor({ state: 'hidden' })
    await bob.reload()
    await shows(bob, 'Written while the server was gone')
    assert.equal(await bob.getByText('Written while the server was gone').count(), 1)
  })

  await t.test('it fits a phone', async () => {
    const page = await openApp(browser, server, 'dave', { viewport: phone })
    await shoot(page, 'phone-list')
    await page.getByRole('navigation').getByText('General').first().click()
    await page.getByTestId('composer').waitFor()
    await shoot(page, 'phone-channel')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  await t.test('at a channel’s address something is seen, and heard, while the channels load', async () => {
    const page = await openApp(browser, server, 'alice', { viewport: phone })
    await page.getByRole('navigation').getByText('General').first().click()
    await shows(page, 'Hello from the test')
    let release
    const held = new Promise((resolve) => (release = resolve))
    await page.route('**/api/channels', (route) => held.then(() => route.continue()))
    await page.reload()
    await page.getByTestId('pane-loading').locator('.skeleton').first().waitFor()
    await page.getByRole('status').filter({ hasText: 'Loading messages…' }).waitFor()
    await shoot(page, 'loading-phone')
    await page.getByRole('button', { name: 'Back to channels' }).click()
    await page.getByRole('heading', { level: 1, name: 'Parley' }).waitFor()
    await page.goBack()
    release()
    await shows(page, 'Hello from the test')
    await page.getByTestId('pane-loading').waitFor({ state: 'detached' })
    await page.context().close()
  })

  await t.test('the keyboard is enough', async () => {
    const page = await openApp(browser, server, 'erin', { viewport: desktop })
    await page.keyboard.press('Control+k')
    await page.keyboard.type('general')
    await page.keyboard.press('Enter')
    await page.getByTestId('composer').waitFor()
    await page.getByTestId('composer').focus()
    await page.keyboard.type('by keyboard')
    await page.keyboard.press('Shift+Enter')
    await page.keyboard.type('second line')
    await page.keyboard.press('Enter')
    await shows(alice, 'second line')

    await page.getByTestId('composer').press('Tab')
    await page.locator('.composer').getByTestId('emoji').press('Enter')
    const names = page.getByRole('dialog', { name: 'Emoji' })
    await names.locator('input:focus').waitFor()
    const [first, below] = await names.getByRole('button').evaluateAll((all) => {
      const left = (each) => each.getBoundingClientRect().left
      return [all[0], all.slice(1).find((each) => left(each) === left(all[0]))].map((each) => each.textContent)
    })
    for (const [key, char] of [['ArrowDown', first], ['ArrowDown', below], ['ArrowUp', first]]) {
      await page.keyboard.press(key)
      assert.equal(await page.evaluate(() => document.activeElement.textContent), char, key)
    }
    await page.keyboard.press('ArrowUp')
    await names.locator('input:focus').waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    assert.equal(await page.getByTestId('composer').inputValue(), first)
    await page.getByTestId('composer').fill('')

    const at = (what) => eventually(() => page.evaluate((selector) => Boolean(document.activeElement.closest(selector)), what), (there) => there, what)
    for (const part of ['.sidebar', '.messages', '.composer', '.sidebar']) {
      await page.keyboard.press('F6')
      await at(part)
    }
    await page.keyboard.press('Shift+F6')
    await page.keyboard.press('Shift+F6')
    await at('[data-row]')
    await page.keyboard.press('Home')
    await at('[aria-label*="Welcome to Parley"]')
    await page.keyboard.press('End')
    await at('[aria-label*="second line"]')
    await page.keyboard.press('Escape')
    await at('.composer')
    await page.evaluate(() => document.activeElement.blur())
    await page.keyboard.press('Control+f')
    await at('.search-box')
    await page.getByTestId('search-filters').click()
    await page.getByTestId('filter-hasLink').click()
    await page.getByRole('button', { name: 'Clear 1 filter' }).press('Enter')
    await at('.search-box')
    await page.keyboard.press('Escape')
    await at('.composer')
    await page.locator('.skip').press('Enter')
    await at('.composer')
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })
})
