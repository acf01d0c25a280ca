// Suggestions while one types in the search field: people and channels, by keyboard and mouse.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, openApp, phone, shoot } from '../lib/page.js'
import { Server } from '../lib/server.js'

test('suggestions while searching', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const alice = await openApp(browser, server, 'alice')
  await alice.getByRole('heading', { level: 1, name: 'General' }).waitFor()
  const field = alice.getByTestId('search-input')
  const list = alice.getByRole('listbox', { name: 'Suggestions' })

  await t.test('a person is taken by the keyboard, and what they wrote is found', async () => {
    await alice.keyboard.press('Control+f')
    await field.pressSequentially('car')
    await list.waitFor()
    assert.equal(await field.getAttribute('aria-expanded'), 'true')
    assert.equal(await field.getAttribute('aria-controls'), await list.getAttribute('id'))
    assert.equal(await field.getAttribute('aria-activedescendant'), null)
    await shoot(alice, 'suggestions')
    await field.press('ArrowDown')
    const chosen = alice.getByRole('option', { name: 'Carol Okafor', selected: true })
    assert.equal(await field.getAttribute('aria-activedescendant'), await chosen.getAttribute('id'))
    await field.press('Enter')
    await list.waitFor({ state: 'detached' })
    assert.equal(await field.inputValue(), '')
    assert.equal(await alice.getByTestId('filter-person').inputValue(), 'Carol Okafor')
    await alice.getByTestId('result').filter({ hasText: 'The new export is on staging' }).waitFor()
    await eventually(() => alice.getByTestId('result').count(), (n) => n === 1, 'what only Carol wrote')
    assert.equal(await field.evaluate((element) => element === document.activeElement), true, 'the focus stays in the field')
  })

  await t.test('Esc closes them and not the panel; the arrow then leads to what was found', async () => {
    await alice.getByRole('button', { name: 'Clear 1 filter' }).click()
    await field.pressSequentially('al')
    await list.waitFor()
    await field.press('Escape')
    await list.waitFor({ state: 'detached' })
    assert.equal(await field.inputValue(), 'al')
    await field.fill('acme')
    await alice.locator('mark', { hasText: 'Acme' }).first().waitFor()
    await list.getByText('Acme onboarding').waitFor()
    const count = await list.getByRole('option').count()
    for (let i = 0; i <= count; i++) await alice.keyboard.press('ArrowDown')
    await list.waitFor({ state: 'detached' })
    assert.equal(await alice.evaluate(() => document.activeElement?.dataset.testid), 'result')
    await alice.keyboard.press('Escape')
    await alice.getByTestId('panel').waitFor({ state: 'detached' })
  })

  await t.test('a channel is taken with a finger on a phone', async () => {
    const page = await openApp(browser, server, 'alice', { viewport: phone, touch: true, colorScheme: 'dark' })
    await page.getByTestId('sidebar-search').click()
    await page.getByTestId('search-input').pressSequentially('gen')
    const option = page.getByRole('option', { name: 'General' })
    await option.waitFor()
    await shoot(page, 'suggestions-phone')
    await option.tap()
    await page.getByTestId('result').first().waitFor()
    assert.equal(await page.getByTestId('filter-channel').evaluate((select) => select.selectedOptions[0].label), 'General')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    assert.deepEqual(page.complaints, [])
    await page.context().close()
  })

  assert.deepEqual(alice.complaints, [])
})
