// Messages as a person works with them.

/** The messages that say something, in the channel or the panel. */
export function message(page, text) {
  return page.getByTestId('message').filter({ hasText: text })
}

/** Points at a message and chooses one of its actions. */
export async function act(page, text, action) {
  const row = message(page, text).first()
  await row.scrollIntoViewIfNeeded()
  await row.hover()
  const direct = row.getByTestId(`action-${action}`)
  if ((await direct.count()) > 0) return direct.click()
  await row.getByTestId('more').click()
  await page.getByRole('menu').getByTestId(`action-${action}`).click()
}
