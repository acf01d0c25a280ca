// An admin reads others' direct messages: with a reason, for a time, logged, and told to the other admins.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { openApp, phone, sent, shoot, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

const dialog = (page) => page.getByRole('dialog')
const REASON = 'Bob says that he is being harassed; HR asked'

test('an admin reads direct messages of others', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const [alice, grace] = await Promise.all([openApp(browser, server, 'alice'), openApp(browser, server, 'grace')])
  await alice.locator('[data-channel-name="Bob Tanaka"]').click()
  await alice.getByRole('heading', { level: 1, name: 'Bob Tanaka' }).waitFor()
  await write(alice, 'Between **us** two')
  await sent(alice, 'Between us two')

  await t.test('those with no messages have none to read, and it says so', async () => {
    await grace.getByTestId('my-menu').click()
    await grace.getByTestId('open-moderation').click()
    await grace.getByTestId('tab-dms').click()
    await pick(grace, 'dave')
    await pick(grace, 'erin')
    await grace.getByTestId('dm-reason').fill('short')
    assert.equal(await grace.getByTestId('dm-open').isDisabled(), true)
    await grace.getByTestId('dm-reason').fill(REASON)
    await grace.getByTestId('dm-open').click()
    await grace.getByRole('alert').filter({ hasText: 'no direct messages with each other' }).waitFor()
    await grace.getByRole('button', { name: 'Remove Erin Castillo' }).click()
    await grace.getByRole('button', { name: /^Remove Dave/ }).click()
  })

  await t.test('what two people wrote is shown for a time, and another admin hears of it', async () => {
    const other = await openApp(browser, server, 'grace', { viewport: phone }) // grace herself is not told of what she does
    await pick(grace, 'alice')
    await pick(grace, 'bob')
    await shoot(grace, 'dm-ask')
    await grace.getByTestId('dm-reason').fill(REASON)
    await grace.getByTestId('dm-open').focus()
    await grace.keyboard.press('Enter')
    const message = grace.getByTestId('dm-message').filter({ hasText: 'Between us two' })
    await message.locator('strong', { hasText: 'us' }).waitFor()
    await dialog(grace).getByText(/Alice Moreau and Bob Tanaka, open to you until/).waitFor()
    await shoot(grace, 'dm-read')
    await write(alice, 'and later')
    await sent(alice, 'and later')
    await grace.getByTestId('dm-newer').click()
    await grace.getByTestId('dm-message').filter({ hasText: 'and later' }).waitFor()
    assert.equal(await dialog(grace).getByTestId('composer').count(), 0)
    assert.equal(await other.getByText('reads the direct messages').count(), 0)
    await other.context().close()

    await grace.getByTestId('tab-audit').click()
    const entry = grace.getByTestId('audit-entry').filter({ hasText: 'Others’ direct messages opened' })
    await entry.getByText(REASON).waitFor()
    await grace.getByTestId('audit-entry').filter({ hasText: 'Others’ direct messages read' }).first().waitFor()
    await shoot(grace, 'dm-audit')
    await grace.keyboard.press('Escape')
  })

  await t.test('a second admin sees who reads whose messages and why, on a phone, until they have seen it', async () => {
    const heidi = await server.person('heidi', 'Heidi Brandt', 'admin')
    const page = await openApp(browser, server, null, { viewport: phone, token: heidi })
    await grace.getByTestId('my-menu').click()
    await grace.getByTestId('open-moderation').click()
    await grace.getByTestId('tab-dms').click()
    await pick(grace, 'alice')
    await pick(grace, 'bob')
    await grace.getByTestId('dm-reason').fill(REASON)
    await grace.getByTestId('dm-open').click()
    const notice = page.getByText('Grace Novak reads the direct messages of Alice Moreau and Bob Tanaka until')
    await notice.filter({ hasText: REASON }).waitFor()
    await shoot(page, 'dm-told-phone')
    assert.equal(await alice.getByText('reads the direct messages').count(), 0)
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await notice.waitFor({ state: 'detached' })
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  await t.test('from a report, the reported message’s conversation is opened with a reason, on a phone', async () => {
    const bob = await openApp(browser, server, 'bob')
    await bob.locator('[data-channel-name="Alice Moreau"]').click()
    const message = bob.getByTestId('message').filter({ hasText: 'Between us two' })
    await message.hover()
    await message.getByTestId('more').click()
    await bob.getByTestId('action-report').click()
    await bob.getByTestId('report-send').click()
    await dialog(bob).waitFor({ state: 'detached' })
    assert.deepEqual(bob.complaints, [])
    await bob.context().close()

    const page = await openApp(browser, server, 'grace', { viewport: phone, colorScheme: 'dark' })
    await page.getByTestId('my-menu').click()
    await page.getByTestId('open-moderation').click()
    const report = page.getByTestId('report')
    await report.getByText('in a direct message').waitFor()
    const fits = await report.evaluate((card) => [...card.querySelectorAll('button')].every((button) => button.getBoundingClientRect().left >= 0))
    assert.equal(fits, true, 'a button is cut off')
    await page.getByTestId('report-read-dm').click()
    await page.getByText('in which Alice Moreau wrote what Bob Tanaka reported').waitFor()
    await page.getByTestId('dm-reason').fill(REASON)
    await page.getByTestId('dm-open').click()
    await page.getByTestId('dm-message').filter({ hasText: 'Between us two' }).waitFor()
    await shoot(page, 'dm-read-phone-dark')
    await page.getByTestId('dm-done').click()
    await page.getByTestId('people-picker').waitFor()
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  const ours = (text) => !text.includes('404')
  assert.deepEqual([...alice.complaints, ...grace.complaints].filter(ours), [])
})

/** Picks a person in the field for people. */
async function pick(page, id) {
  await page.getByTestId('people-picker').fill(id)
  await page.getByTestId(`pick-${id}`).waitFor()
  await page.getByTestId('people-picker').press('Enter')
}
