// What can be done with messages in the page, between two people and on two devices of one.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { act, message } from '../lib/message.js'
import { eventually, openApp, phone, sent, shoot, shows, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

test('messages in the page', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const alice = await openApp(browser, server, 'alice')
  const grace = await openApp(browser, server, 'grace', { colorScheme: 'dark' })
  const first = (page, text) => message(page, text).first()
  // Who has much to read begins at the first of it, and the newest is drawn once it is gone to.
  const seesNewest = (page, text) =>
    eventually(
      async () => {
        const newest = page.getByTestId('to-newest')
        if (await newest.count()) await newest.click({ timeout: 1_000 }).catch(() => {}) // it goes by itself, too
        return first(page, text).count()
      },
      (n) => n > 0,
      text,
    )

  await t.test('words are formatted, changed and taken away, for both', async () => {
    await write(alice, 'The **quote** for _Acme_ is `ready`')
    await first(grace, 'The quote for Acme').locator('strong', { hasText: 'quote' }).waitFor()
    await alice.getByTestId('composer').press('ArrowUp')
    await alice.getByTestId('edit-field').fill('The **offer** is ready')
    await alice.getByTestId('edit-field').press('Enter')
    await first(grace, 'The offer is ready').getByText('(edited)').click()
    await grace.getByRole('dialog').getByText('The quote for Acme').waitFor()
    await grace.keyboard.press('Escape')
    await write(alice, 'said too much')
    await shows(grace, 'said too much')
    await act(alice, 'said too much', 'delete')
    await alice.getByTestId('delete-confirm').click()
    await grace.getByText('This message was deleted.').waitFor()
    assert.equal(await grace.getByText('said too much').count(), 0)
  })

  await t.test('an emoji is put under a message, joined and taken back', async () => {
    await first(grace, 'The offer is ready').hover()
    await grace.getByTestId('react').click()
    await grace.getByTestId('react-🎉').click()
    const chip = (page) => first(page, 'The offer is ready').getByTestId('reaction')
    await chip(alice).click()
    await eventually(() => chip(grace).textContent(), (text) => text === '🎉2', 'two reactions')
    assert.match(await chip(grace).getAttribute('aria-label'), /You and Alice Moreau/)
    await chip(alice).click()
    await eventually(() => chip(grace).textContent(), (text) => text === '🎉1', 'one reaction')
  })

  await t.test('a thread grows beside the channel, and the channel counts its replies', async () => {
    await act(grace, 'The offer is ready', 'thread')
    await write(grace, 'Shall I send it?', 'thread-composer')
    await first(alice, 'The offer is ready').getByTestId('thread-summary').click()
    await alice.getByTestId('panel').getByText('Shall I send it?').waitFor()
    await write(alice, 'Yes, please.', 'thread-composer')
    await grace.getByTestId('panel').getByText('Yes, please.').waitFor()
    await first(grace, 'The offer is ready').getByText('2 replies').waitFor()
    assert.equal(await alice.getByRole('log', { name: 'Messages' }).getByText('Yes, please.').count(), 0, 'replies stay in their thread')
    await shoot(alice, 'thread-light')
  })

  await t.test('a pin is listed for all, and a saved message for oneself', async () => {
    await act(grace, 'The offer is ready', 'pin')
    await first(alice, 'The offer is ready').getByText('Pinned').waitFor()
    await alice.getByTestId('pins-open').click()
    await alice.getByTestId('card').getByText('The offer is ready').waitFor()
    await act(alice, 'Two customers asked', 'save')
    await alice.getByTestId('saved-open').click()
    await alice.getByTestId('card').getByText('Two customers asked').waitFor()
    await alice.getByTestId('card').getByRole('button', { name: 'Done' }).press('Enter')
    await alice.getByText('Nothing is saved').waitFor()
    await alice.getByRole('heading', { name: 'Saved' }).and(alice.locator(':focus')).waitFor()
    await alice.getByTestId('panel-close').click()
    await shoot(grace, 'messages-dark')
  })

  await t.test('a name is completed, and the badge is the same on two devices until one of them reads', async () => {
    const [bob, phoneOfBob] = [await openApp(browser, server, 'bob'), await openApp(browser, server, 'bob', { viewport: phone })]
    await bob.getByRole('navigation').getByText('Alice Moreau').first().click()
    await alice.getByTestId('composer').pressSequentially('Look, @bo')
    await alice.getByTestId('mention-list').getByText('Bob Tanaka').waitFor()
    await shoot(alice, 'mention')
    await alice.getByTestId('composer').press('Enter')
    await alice.getByTestId('composer').pressSequentially('this is for you')
    await alice.getByTestId('composer').press('Enter')
    const badge = (page) => page.locator('[data-channel-name="General"]').getAttribute('data-mentions')
    for (const page of [bob, phoneOfBob]) await eventually(() => badge(page), (n) => n === '1', 'one mention')
    await eventually(() => phoneOfBob.title(), (title) => /^\(\d+\) Parley$/.test(title), 'a number in the title')
    await bob.bringToFront()
    await bob.getByRole('navigation').getByText('General').first().click()
    await bob.getByTestId('new-line').waitFor()
    await seesNewest(bob, 'this is for you')
    await first(bob, 'this is for you').locator('.mention-me').waitFor()
    const readAt = Date.now()
    for (const page of [bob, phoneOfBob]) await eventually(() => badge(page), (n) => n === null, 'no mention')
    assert.ok(Date.now() - readAt < 2_000, 'both devices know within two seconds')
    await first(bob, 'this is for you').hover()
    await act(bob, 'this is for you', 'unread')
    await eventually(() => badge(phoneOfBob), (n) => n === '1', 'unread again')
    await bob.context().close()
    await phoneOfBob.context().close()
  })

  await t.test('a quote and a forwarded message lead to the original; so does a link', async () => {
    await act(grace, 'Two customers asked', 'quote')
    await write(grace, 'Who were they?')
    await first(alice, 'Who were they?').getByTestId('quote').getByText('Two customers asked').waitFor()
    await act(alice, 'Who were they?', 'forward')
    await alice.getByRole('dialog').getByRole('combobox').fill('bob')
    await alice.getByRole('dialog').getByRole('combobox').press('Enter')
    await alice.getByRole('navigation').getByText('Bob Tanaka').first().click()
    await alice.getByTestId('quote').getByText('Who were they?').waitFor()
    await alice.getByTestId('quote').click()
    await eventually(() => alice.locator('.message-marked').innerText(), (text) => text.includes('Who were they?'), 'the original is marked')
    const id = await first(alice, 'Welcome to Parley').getAttribute('data-message-id')
    const { channelId } = await alice.evaluate(() => ({ channelId: location.hash.split('/')[2] }))
    await grace.goto('about:blank')
    await grace.goto(`${server.url}/#/c/${channelId}/m/${id}`)
    await eventually(() => grace.locator('.message-marked').innerText(), (text) => text.includes('Welcome to Parley'), 'the link leads to the message')
  })

  await t.test('the keyboard walks through messages and does what the pointer does', async () => {
    const focused = () => alice.evaluate(() => document.activeElement.getAttribute('aria-label') ?? '')
    await alice.getByTestId('composer').focus()
    for (let i = 0; i < 9 && !(await focused()).startsWith('Grace Novak'); i++) await alice.keyboard.press('Shift+Tab')
    assert.match(await focused(), /Who were they/)
    await alice.keyboard.press('ArrowUp')
    await eventually(focused, (label) => !label.includes('Who were they') && label !== '', 'another message has the focus')
    await alice.keyboard.press('ArrowDown')
    await eventually(focused, (label) => label.includes('Who were they'), 'and this one again')
    await alice.keyboard.press('q')
    await alice.locator('.composer-quote').getByText('Who were they?').waitFor()
    await alice.keyboard.press('Escape')
    await eventually(() => alice.locator('.composer-quote').count(), (n) => n === 0, 'no quote')
  })

  await t.test('a jump into a long past goes on both ways and returns', async () => {
    const token = await server.token('grace')
    const { channels } = await server.get(token, '/api/channels')
    const channelId = channels.find((each) => each.channelType === 'general')._id
    for (const user of ['bob', 'carol', 'dave', 'erin', 'farid', 'grace']) {
      const headers = { Authorization: `Bearer ${await server.token(user)}`, 'Content-Type': 'application/json' }
      const send = (i) => fetch(`${server.url}/api/communications`, { method: 'POST', headers, body: JSON.stringify({ channelId, message: `line ${i} of ${user}` }) })
      await Promise.all(Array.from({ length: 8 }, (_, i) => send(i)))
    }
    const { messages } = await server.get(token, `/api/communications?channelId=${channelId}&after=0&limit=3`)
    await grace.goto('about:blank')
    await grace.goto(`${server.url}/#/channels/${channelId}/m/${messages[0]._id}`)
    await first(grace, 'Welcome to Parley').waitFor()
    await grace.getByTestId('to-newest').click()
    await first(grace, 'of grace').waitFor()
    await eventually(() => grace.getByTestId('to-newest').count(), (n) => n === 0, 'at the newest')
    assert.deepEqual(grace.complaints, [])
  })

  await t.test('what is written without a connection survives the closing of the tab', async () => {
    const context = await browser.newContext()
    const open = async () => {
      const page = await context.newPage()
      await page.goto(server.url)
      await page.getByTestId('user-carol').click()
      await page.getByRole('navigation').getByText('General').first().waitFor()
      return page
    }
    const carol = await open()
    await seesNewest(carol, 'of grace')
    await server.crash()
    await carol.getByTestId('banner').waitFor()
    await write(carol, 'kept over the closing')
    await first(carol, 'kept over the closing').and(carol.locator('[data-state="sending"]')).waitFor()
    await carol.close()
    await server.run()
    await open()
    await shows(alice, 'kept over the closing')
    await eventually(() => alice.getByTestId('message').filter({ hasText: 'kept over the closing' }).count(), (n) => n === 1, 'once')
    await context.close()
  })

  await t.test('it is all there on a phone', async () => {
    const page = await openApp(browser, server, 'dave', { viewport: phone, touch: true })
    await page.getByRole('navigation').getByText('General').first().click()
    await seesNewest(page, 'kept over the closing')
    await page.getByRole('log').evaluate((list) => list.scrollBy(0, -100)) // it has hardly come to rest
    await first(page, 'kept over the closing').tap()
    await page.getByRole('dialog').getByTestId('react-🔥').waitFor()
    await shoot(page, 'phone-sheet')
    await page.getByTestId('react-🔥').tap()
    await first(page, 'kept over the closing').getByTestId('reaction').waitFor()
    const ground = await first(page, 'kept over the closing').evaluate((row) => getComputedStyle(row).backgroundColor)
    assert.equal(ground, 'rgba(0, 0, 0, 0)', 'what was tapped is not marked as if it was pointed at')
    await shoot(page, 'phone-messages')
    await page.getByTestId('composer').fill('two')
    await page.getByTestId('composer').press('Enter') // breaks the line where there is no Shift for it
    await page.getByTestId('composer').pressSequentially('lines')
    assert.equal(await page.getByTestId('composer').inputValue(), 'two\nlines')
    await page.getByTestId('composer').fill('')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  await t.test('a tap meets the message under the finger, also when another comes meanwhile', async () => {
    const page = await openApp(browser, server, 'dave', { viewport: phone, touch: true })
    const opened = page.waitForEvent('websocket')
    await page.reload()
    const socket = await opened
    await page.getByRole('navigation').getByText('General').first().click()
    await seesNewest(page, 'kept over the closing')
    const it = first(page, 'kept over the closing')
    await it.tap({ trial: true }) // waits until it stands still
    const { x, y, width, height } = await it.boundingBox()
    const finger = await page.context().newCDPSession(page)
    await finger.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: [{ x: x + width / 2, y: y + height / 2 }] })
    const came = socket.waitForEvent('framereceived', ({ payload }) => payload.includes('in between'))
    await write(alice, 'in between\n\nof three\n\nlines')
    await came
    await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
    await finger.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] })
    await page.getByTestId('react-👍').tap()
    await it.getByTestId('reaction').filter({ hasText: '👍' }).waitFor()
    await shows(page, 'in between')
    await page.context().close()
  })

  await t.test('what is being changed stays while one reads elsewhere, and the focus outlives what is emptied', async () => {
    const focused = () => alice.evaluate(() => document.activeElement.dataset.testid)
    const field = alice.getByTestId('edit-field')
    await write(alice, 'to be emptied')
    await sent(alice, 'to be emptied')
    await alice.getByTestId('composer').press('ArrowUp')
    await field.pressSequentially(' later')
    await alice.getByRole('log').evaluate((list) => list.scrollTo(0, 0))
    await shows(alice, 'line 0 of')
    await alice.keyboard.type(' on')
    assert.equal(await field.inputValue(), 'to be emptied later on')
    await field.fill('')
    await field.press('Enter')
    await alice.getByTestId('delete-confirm').press('Enter')
    await field.waitFor({ state: 'detached' })
    await eventually(focused, (id) => id === 'composer', 'the focus is in the composer')
  })
})
