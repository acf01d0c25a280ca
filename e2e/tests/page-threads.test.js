// The list of the threads that one follows: what is new in them, on all devices, and the way there and back.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, openApp, phone, shoot, shows, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

const item = (page, name) => page.locator(`[data-channel-name="${name}"]`)
const unread = (page) => page.getByTestId('threads-open').getAttribute('data-unread')

/** Opens the thread of a message by its toolbar. */
async function openThread(page, text) {
  const message = page.getByTestId('message').filter({ hasText: text }).first()
  await message.hover()
  await message.getByTestId('action-thread').click()
  await page.getByTestId('thread-composer').waitFor()
}

test('threads that one follows', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const [alice, bob] = await Promise.all([openApp(browser, server, 'alice'), openApp(browser, server, 'bob', { colorScheme: 'dark' })])

  await t.test('a reply to what one wrote is new in the list, wherever one is', async () => {
    await item(alice, 'General').click()
    await write(alice, 'Who has the keys?')
    await item(bob, 'General').click()
    await shows(bob, 'Who has the keys?')
    await alice.getByTestId('new-dm').click()
    await alice.getByTestId('person-carol').click()
    await alice.getByRole('heading', { level: 1, name: 'Carol Okafor' }).waitFor()
    await openThread(bob, 'Who has the keys?')
    await write(bob, 'Dave has them', 'thread-composer')
    await write(bob, 'or Erin', 'thread-composer')
    await eventually(() => unread(alice), (n) => n === '1', 'the mark beside Threads')
  })

  await t.test('it is found and opened by the keyboard, and is read then, on all devices', async () => {
    const second = await openApp(browser, server, 'alice', { viewport: phone })
    await eventually(() => unread(second), (n) => n === '1', 'the mark on the phone')
    await alice.getByTestId('threads-open').focus()
    await alice.keyboard.press('Enter')
    const card = alice.getByTestId('followed').filter({ hasText: 'Who has the keys?' })
    await card.filter({ hasText: '2 new' }).waitFor()
    await card.filter({ hasText: 'in General · 2 replies, last from Bob Tanaka' }).waitFor()
    await shoot(alice, 'threads')
    await alice.keyboard.press('Tab')
    await alice.keyboard.press('Tab')
    await alice.keyboard.press('Enter')
    await shows(alice, 'or Erin')
    await alice.getByTestId('replies-line').filter({ hasText: '2 replies' }).waitFor()
    await alice.getByRole('heading', { level: 1, name: 'General' }).waitFor()
    await eventually(() => unread(alice), (n) => n === null, 'read here')
    await eventually(() => unread(second), (n) => n === null, 'read on the phone')
    await alice.getByTestId('threads-back').click()
    await alice.getByTestId('followed').first().waitFor()

    await second.getByTestId('threads-open').click()
    await second.getByTestId('followed').first().waitFor()
    await shoot(second, 'threads-phone')
    assert.equal(await second.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    await second.getByTestId('followed').first().click()
    await shows(second, 'Dave has them')

    // What is followed no longer goes from the list everywhere, and comes back with a reply of one's own.
    await second.getByTestId('follow').click()
    await alice.getByTestId('followed').waitFor({ state: 'detached' })
    await alice.getByText('You follow no thread').waitFor()
    await write(second, 'Found them', 'thread-composer')
    await alice.getByTestId('followed').filter({ hasText: '3 replies' }).waitFor()
    assert.deepEqual(second.complaints, [])
    await second.context().close()
  })

  await t.test('one can follow a thread of others', async () => {
    await item(bob, 'General').click()
    await write(bob, 'Lunch at noon')
    await item(alice, 'General').click()
    await openThread(alice, 'Lunch at noon')
    await alice.getByTestId('follow').click()
    await alice.getByTestId('panel-close').click()
    await alice.getByTestId('threads-open').click()
    await alice.getByTestId('followed').filter({ hasText: 'no replies yet' }).waitFor()
    await openThread(bob, 'Lunch at noon')
    await write(bob, 'make it one', 'thread-composer')
    await alice.getByTestId('followed').filter({ hasText: 'Lunch at noon' }).filter({ hasText: '1 new' }).waitFor()
    await bob.getByTestId('threads-open').click()
    await bob.getByTestId('followed').first().waitFor()
    await shoot(bob, 'threads-dark')
  })

  assert.deepEqual([...alice.complaints, ...bob.complaints], [])
})
