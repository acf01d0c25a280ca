// What stands around the conversation: who is there and who writes, channels and their settings, search, and moderation.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { desktop, openApp, phone, shoot, shows, write } from '../lib/page.js'
import { Server } from '../lib/server.js'

const item = (page, name) => page.locator(`[data-channel-name="${name}"]`)
const dialog = (page) => page.getByRole('dialog')
/** Whether all of something is within something else. */
const inside = async (it, around) => {
  const [a, b] = [await it.boundingBox(), await around.boundingBox()]
  return a.x >= b.x && a.x + a.width <= b.x + b.width && a.y >= b.y && a.y + a.height <= b.y + b.height
}

test('around the conversation', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const [bob, carol] = await Promise.all([openApp(browser, server, 'bob'), openApp(browser, server, 'carol', { colorScheme: 'dark' })])

  await t.test('one sees who is there, what they say of themselves, and that they write', async () => {
    await bob.getByTestId('new-dm').click()
    await dialog(bob).getByRole('combobox').fill('caro')
    await bob.getByTestId('person-carol').click()
    await bob.getByRole('heading', { level: 1, name: 'Carol Okafor' }).waitFor()
    await bob.locator('.pane-head [data-presence="online"]').waitFor()

    await carol.getByTestId('my-status').click()
    await carol.getByTestId('status-dnd').check()
    await carol.getByTestId('status-text').fill('In a meeting')
    await carol.getByTestId('status-expiry').selectOption('1h')
    await shoot(carol, 'status-dark')
    await carol.getByTestId('status-save').click()
    await bob.getByTestId('presence').filter({ hasText: 'Do not disturb · In a meeting' }).waitFor()

    await item(carol, 'Bob Tanaka').click()
    await carol.getByTestId('composer').pressSequentially('Hal')
    await bob.getByTestId('typing').filter({ hasText: 'Carol Okafor is typing…' }).waitFor()
    await shoot(bob, 'typing')
    await carol.getByTestId('composer').press('Enter')
    await shows(bob, 'Hal')
    await bob.getByTestId('typing').filter({ hasText: 'is typing' }).waitFor({ state: 'detached' })
  })

  await t.test('a channel is made, filled, changed, put away and brought back', async () => {
    await bob.getByTestId('add-channels').click()
    await bob.getByTestId('new-channel').click()
    await bob.getByTestId('channel-name').fill('Relaunch')
    await bob.getByTestId('channel-description').fill('Everything about the new site')
    await bob.getByTestId('channel-private').check()
    await bob.mouse.click(5, 5) // beside it
    await dialog(bob).getByRole('button', { name: 'Go on editing' }).press('Enter')
    await shoot(bob, 'create-channel')
    await bob.getByTestId('create-channel').click()
    await bob.getByRole('heading', { level: 1, name: 'Relaunch' }).waitFor()

    await bob.getByTestId('members-open').click()
    await bob.getByTestId('add-members').click()
    await bob.getByTestId('people-picker').fill('car')
    await bob.getByTestId('pick-carol').click()
    await bob.getByTestId('add-people').click()
    await bob.getByTestId('member-carol').waitFor()
    await shoot(bob, 'members')
    await item(carol, 'Relaunch').click()

    await bob.getByTestId('tab-about').click()
    await bob.getByTestId('set-readonly').check()
    await bob.getByTestId('edit-channel').click()
    await bob.getByTestId('edit-name').fill('Relaunch 2027')
    await bob.keyboard.press('Escape')
    await bob.getByTestId('details-open').click()
    assert.equal(await bob.getByTestId('edit-name').inputValue(), 'Relaunch 2027', 'what was begun is kept')
    await bob.getByTestId('save-channel').click()
    await carol.getByRole('heading', { level: 1, name: 'Relaunch 2027' }).waitFor()
    await carol.getByText('Only the channel’s owner and admins write here.').waitFor()
    await shoot(bob, 'about')

    await bob.getByTestId('archive-channel').click()
    await bob.getByTestId('confirm').click()
    await item(carol, 'Relaunch 2027').waitFor({ state: 'detached' })
    await bob.getByTestId('add-channels').click()
    await bob.getByTestId('browse-archived').click()
    await shoot(bob, 'archived')
    await dialog(bob).getByRole('button', { name: 'Restore Relaunch 2027' }).click()
    await item(carol, 'Relaunch 2027').waitFor()
    await dialog(bob).waitFor({ state: 'detached' })
  })

  await t.test('a dialog begins at its field, and gives the focus back', async () => {
    const focused = () => bob.evaluate(() => document.activeElement?.dataset.testid)
    for (const [opener, field] of [['my-status', 'status-online'], ['send-later', 'scheduled-text']]) {
      await bob.getByTestId(opener).click()
      assert.equal(await focused(), field)
      if (opener === 'send-later') await bob.keyboard.type('Not yet')
      await bob.keyboard.press('Escape')
      await dialog(bob).waitFor({ state: 'detached' })
      assert.equal(await focused(), opener)
    }
    assert.equal(await bob.getByTestId('composer').inputValue(), 'Not yet', 'what is not sent later stays')
    await bob.getByTestId('composer').fill('')
  })

  await t.test('the focus stays where it is when the page becomes wide', async () => {
    await bob.setViewportSize(phone)
    await bob.locator('[data-testid="composer"]:not([data-autofocus])').waitFor()
    await bob.getByTestId('send-later').focus()
    await bob.setViewportSize(desktop)
    await bob.locator('[data-testid="composer"][data-autofocus]').waitFor()
    await bob.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))) // what comes of it has come
    assert.equal(await bob.evaluate(() => document.activeElement?.dataset.testid), 'send-later')
  })

  await t.test('messages are found and jumped to, by the keyboard', async () => {
    await item(bob, 'General').click()
    await shows(bob, 'Welcome to Parley')
    await bob.keyboard.press('Control+f')
    await bob.getByTestId('search-input').fill('staging')
    await bob.locator('mark', { hasText: 'staging' }).first().waitFor()
    await shoot(bob, 'search')
    await bob.getByTestId('search-input').press('ArrowDown')
    await bob.keyboard.press('Enter')
    await shows(bob, 'The new export is on staging')
  })

  await t.test('what is written for later waits, and can be taken back', async () => {
    await bob.getByTestId('composer').fill('Good morning!')
    await bob.getByTestId('send-later').click()
    await dialog(bob).getByRole('button', { name: 'Tomorrow, 9:00' }).click()
    await shoot(bob, 'send-later')
    await bob.getByTestId('schedule').click()
    await dialog(bob).waitFor({ state: 'detached' })
    assert.equal(await bob.getByTestId('composer').inputValue(), '')
    await bob.getByTestId('my-menu').click()
    await bob.getByTestId('open-scheduled').click()
    await bob.getByTestId('scheduled').filter({ hasText: 'Good morning!' }).waitFor()
    await shoot(bob, 'scheduled')
    await bob.getByTestId('scheduled-cancel').click()
    await bob.getByTestId('scheduled').waitFor({ state: 'detached' })
    await bob.keyboard.press('Escape')
    assert.equal(await bob.getByTestId('composer').inputValue(), 'Good morning!', 'its words are not lost')
  })

  await t.test('a message is reported, and who moderates decides', async () => {
    await item(bob, 'General').click()
    await write(bob, 'Something rude')
    await item(carol, 'General').click()
    await shows(carol, 'Something rude')
    const message = carol.getByTestId('message').filter({ hasText: 'Something rude' })
    await message.hover()
    await message.getByTestId('more').click()
    await carol.getByTestId('action-report').click()
    await shoot(carol, 'report-dark')
    await carol.getByTestId('report-details').fill('Not funny')
    await carol.getByTestId('report-send').click()
    await dialog(carol).waitFor({ state: 'detached' })

    const grace = await openApp(browser, server, 'grace', { viewport: phone })
    await grace.getByTestId('my-menu').click()
    await grace.getByTestId('open-moderation').click()
    const report = grace.getByTestId('report').filter({ hasText: 'Something rude' })
    await report.getByText('Not funny').waitFor()
    await shoot(grace, 'reports-phone')
    for (const width of [390, 320]) {
      await grace.setViewportSize({ ...phone, width })
      for (const tab of await grace.getByRole('tab').all()) assert.ok(await inside(tab, grace.getByRole('tablist')), `${await tab.textContent()} at ${width}`)
    }
    await grace.setViewportSize(phone)
    await report.getByTestId('report-action').selectOption('delete_message')
    await report.getByTestId('report-decide').click()
    await report.waitFor({ state: 'detached' })
    await bob.getByTestId('message').filter({ hasText: 'Something rude' }).waitFor({ state: 'detached' })
    await grace.getByTestId('tab-audit').click()
    await grace.getByTestId('audit-entry').filter({ hasText: 'Report resolved by Grace Novak' }).getByText('about Bob Tanaka').waitFor()
    await shoot(grace, 'audit-phone')
    await grace.getByTestId('tab-words').click()
    assert.equal(await grace.getByTestId('save-words').isDisabled(), true, 'nothing is changed yet')
    await grace.getByTestId('add-words').click()
    assert.equal(await grace.getByTestId('save-words').isEnabled(), true)
    await grace.getByTestId('words').fill('secret')
    await grace.getByTestId('tab-reports').click()
    await grace.getByTestId('tab-words').click()
    const asked = grace.getByRole('dialog', { name: 'Discard what you changed?' })
    for (const close of [() => grace.keyboard.press('Escape'), () => grace.getByTestId('dialog-close').click(), () => grace.keyboard.press('Escape')]) {
      await close()
      await asked.waitFor()
      await grace.keyboard.press('Escape')
      await asked.waitFor({ state: 'detached' })
      assert.equal(await grace.getByTestId('words').inputValue(), 'secret')
    }
    await grace.getByTestId('dialog-close').click()
    await shoot(grace, 'discard-phone')
    await asked.getByTestId('confirm').click()
    await dialog(grace).waitFor({ state: 'detached' })
    assert.equal(await grace.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page scrolls sideways')
    assert.deepEqual(grace.complaints, [])
    await grace.context().close()
  })

  await t.test('a new name in the directory is shown at once, wherever one is', async () => {
    await item(bob, 'Carol Okafor').click()
    const said = bob.getByTestId('message').filter({ hasText: 'Hal' })
    await said.filter({ hasText: 'Carol Okafor' }).waitFor()
    const crm = await server.person('crm', 'CRM', 'service')
    await server.put(crm, '/api/directory/users/carol', { name: 'Carol Lindqvist', role: 'user' })
    await bob.getByRole('heading', { level: 1, name: 'Carol Lindqvist' }).waitFor()
    await item(bob, 'Carol Lindqvist').waitFor()
    await said.filter({ hasText: 'Carol Lindqvist' }).waitFor()
    await carol.getByTestId('my-status').filter({ hasText: 'Carol Lindqvist' }).waitFor()
    assert.equal(await bob.getByText('Carol Okafor').count(), 0, 'the old name is shown somewhere')
    await shoot(bob, 'renamed')
  })

  assert.deepEqual([...bob.complaints, ...carol.complaints], [])
})
