// A message that is sent later names and quotes as any other does.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, joinCall, openApp, phone, shoot, shows } from '../lib/page.js'
import { Server } from '../lib/server.js'

const item = (page, name) => page.locator(`[data-channel-name="${name}"]`)
const dialog = (page, name) => page.getByRole('dialog', { name })

/** A time in some seconds as the field has it. */
function inSeconds(page, seconds) {
  return page.evaluate((s) => {
    const at = new Date(Date.now() + s * 1000)
    return new Date(at - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
  }, seconds)
}

test('messages that are sent later', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const [alice, bob] = await Promise.all([openApp(browser, server, 'alice'), openApp(browser, server, 'bob', { viewport: phone })])
  await item(alice, 'General').click()
  await shows(alice, 'Welcome to Parley')

  await t.test('one names people and quotes by the keyboard, and they are told when it is sent', async () => {
    await alice.getByTestId('message').filter({ hasText: 'Welcome to Parley' }).hover()
    await alice.getByTestId('message').filter({ hasText: 'Welcome to Parley' }).getByTestId('action-quote').click()
    await alice.getByTestId('send-later').click()
    const field = alice.getByTestId('scheduled-text')
    await field.pressSequentially('Good morning @bo')
    await alice.getByTestId('mention-bob').waitFor()
    await shoot(alice, 'send-later-mention')
    await field.press('Escape') // the names go, the dialog stays
    await alice.getByTestId('mention-list').waitFor({ state: 'detached' })
    await field.pressSequentially('b')
    await field.press('Backspace')
    await field.press('Backspace')
    await field.press('Backspace')
    await field.press('Backspace')
    await field.pressSequentially('@bo')
    await alice.getByTestId('mention-bob').waitFor()
    await field.press('Enter')
    assert.equal(await field.inputValue(), 'Good morning @Bob Tanaka ')
    await alice.getByTestId('send-at').fill(await inSeconds(alice, 3))
    await field.press('Enter')
    await dialog(alice, /Send later/).waitFor({ state: 'detached' })
    await eventually(() => item(bob, 'General').getAttribute('data-mentions'), (n) => n === '1', 'bob is told that he was named', 30_000)
    const sent = alice.getByTestId('message').filter({ hasText: 'Good morning' })
    await sent.filter({ hasText: 'Welcome to Parley' }).waitFor()
    await sent.locator('.mention', { hasText: '@Bob Tanaka' }).waitFor()
    assert.equal(await alice.locator('.composer-quote').count(), 0)
  })

  await t.test('whoever calls everyone is asked, and what waits is changed with its names', async () => {
    const grace = await openApp(browser, server, 'grace')
    await item(grace, 'General').click()
    await grace.getByTestId('send-later').click()
    await grace.getByTestId('scheduled-text').fill('@channel lunch')
    await grace.getByRole('button', { name: 'Tomorrow, 9:00' }).click()
    await grace.getByTestId('schedule').click()
    await dialog(grace, 'Notify everyone?').getByRole('button', { name: 'Change the message' }).click()
    await grace.getByTestId('schedule').click()
    await grace.getByTestId('notify-confirm').click()
    await dialog(grace, /Send later/).waitFor({ state: 'detached' })

    await grace.getByTestId('my-menu').click()
    await grace.getByTestId('open-scheduled').click()
    await grace.getByTestId('scheduled-edit').click()
    await grace.getByTestId('scheduled-words').press('Escape') // back to the list, and the dialog stays
    await grace.getByTestId('scheduled-edit').click()
    await grace.getByTestId('scheduled-words').fill('Lunch, @ali')
    await grace.getByTestId('scheduled-words').press('End')
    await grace.getByTestId('scheduled-words').press('Backspace')
    await grace.getByTestId('mention-alice').click()
    await grace.getByTestId('send-at').fill(await inSeconds(grace, 3))
    await shoot(grace, 'scheduled-edit')
    await grace.getByTestId('scheduled-save').click()
    await grace.getByTestId('scheduled').waitFor({ state: 'detached', timeout: 30_000 })
    await grace.keyboard.press('Escape')
    const sent = alice.getByTestId('message').filter({ hasText: 'Lunch,' })
    await sent.locator('.mention', { hasText: '@Alice Moreau' }).waitFor()
    assert.deepEqual(grace.complaints, [])
  })

  await t.test('it can be written on a phone', async () => {
    await item(bob, 'General').click()
    await bob.getByTestId('send-later').click()
    await bob.getByTestId('scheduled-text').fill('Back at noon')
    await dialog(bob, /Send later/).getByTestId('emoji').click()
    await bob.getByRole('dialog', { name: 'Emoji' }).waitFor()
    await shoot(bob, 'send-later-phone')
    await bob.getByRole('dialog', { name: 'Emoji' }).getByRole('button').first().click()
    assert.match(await bob.getByTestId('scheduled-text').inputValue(), /^Back at noon./)
    assert.equal(await bob.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
  })

  await t.test('what it says afterwards leaves a call that rings on a phone free', async () => {
    await dialog(bob, /Send later/).getByRole('button', { name: /^Tomorrow/ }).click()
    await bob.getByTestId('schedule').click()
    await bob.getByText('It will be sent then.').waitFor()
    await joinCall(alice, 'call-voice')
    await bob.getByTestId('incoming-accept').click({ trial: true, timeout: 3_000 }) // the note goes by itself, but not as soon
    await shoot(bob, 'incoming-phone')
    await bob.getByTestId('incoming-decline').click()
    await alice.getByTestId('leave').click()
  })

  assert.deepEqual([...alice.complaints, ...bob.complaints], [])
})
