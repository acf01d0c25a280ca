// An admin reads others' direct messages: with a reason, for a time, logged, and told to the other admins.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { openApp, phone, shoot, shows, write } from '../lib/page.js'
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
  await shows(alice, 'Between us two')

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

  const ours = (text) => !text.includes('404')
  assert.deepEqual([...alice.complaints, ...grace.complaints].filter(ours), [])
})

/** Picks a person in the field for people. */
async function pick(page, id) {
  await page.getByTestId('people-picker').fill(id)
  await page.getByTestId(`pick-${id}`).waitFor()
  await page.getByTestId('people-picker').press('Enter')
}
