// Whatever a message says, nothing in it runs, and the page's policy needs no exception for showing it.
import assert from 'node:assert/strict'
import test from 'node:test'
import { launch } from '../lib/browser.js'
import { eventually, openApp } from '../lib/page.js'
import { Server } from '../lib/server.js'

const CORPUS = [
  '<script>window.__ran = 1</script>',
  '<img src=x onerror="window.__ran = 1">',
  '<svg onload="window.__ran = 1"><script>window.__ran = 1</script><animate onbegin="window.__ran = 1" attributeName=x dur=1s></svg>',
  '<svg><a xlink:href="javascript:window.__ran=1"><text x=20 y=20>click</text></a></svg>',
  '<math><mtext><table><mglyph><style><img src=x onerror="window.__ran=1"></style></mglyph></table></mtext></math>',
  '<math href="javascript:window.__ran=1">click</math>',
  '<iframe srcdoc="<script>parent.__ran = 1</script>"></iframe>',
  '<a href="javascript:window.__ran=1">click</a>',
  '<details open ontoggle="window.__ran=1">x</details>',
  '<form action="javascript:window.__ran=1"><button>go</button></form><input autofocus onfocus="window.__ran=1">',
  '<style>*{display:none}</style><link rel=stylesheet href="data:text/css,*{display:none}"><base href="https://evil.example/">',
  '<!--><img src=x onerror="window.__ran=1">-->',
  '</textarea></title></script><script>window.__ran=1</script>',
  '[click](javascript:window.__ran=1)',
  '[click](JaVaScRiPt:window.__ran=1 "title")',
  '[click](java\nscript:window.__ran=1)',
  '[click](&#106;avascript:window.__ran=1)',
  '[click](\u0001javascript:window.__ran=1)',
  '[click](data:text/html;base64,PHNjcmlwdD5wYXJlbnQuX19yYW49MTwvc2NyaXB0Pg==)',
  '[click](vbscript:msgbox(1)) [click](blob:https://x/1) [click](file:///etc/passwd) [click](filesystem:http://x)',
  '![x](javascript:window.__ran=1) ![x](data:image/svg+xml,<svg/onload=window.__ran=1>)',
  '![" onerror="window.__ran=1](https://example.com/x.png)',
  '[a](https://example.com/"onmouseover="window.__ran=1)',
  '[![inner](javascript:window.__ran=1)](javascript:window.__ran=1)',
  '[outer [inner](javascript:window.__ran=1)](https://example.com/)',
  '<javascript:window.__ran=1> <data:text/html,x>',
  '[ref]\n\n[ref]: javascript:window.__ran=1',
  'javascript:window.__ran=1 data:text/html,<script>window.__ran=1</script>',
  '```"><img src=x onerror=window.__ran=1>\n</code></pre><script>window.__ran=1</script>\n```',
  '```html\n<script>window.__ran=1</script><img src=x onerror=window.__ran=1>\n```',
  '`</code><img src=x onerror=window.__ran=1>`',
  '| a | b |\n|---|---|\n| <img src=x onerror=window.__ran=1> | [x](javascript:window.__ran=1) |',
  '> <script>window.__ran=1</script>\n> - <svg/onload=window.__ran=1>',
  'exe.\u202egpj \u202e[gnp](https://example.com/\u202egnp.exe)\u202c \u2066isolated\u2069',
  'zero\u200b\u200c\u200d\ufeff width [x](java\u200bscript:window.__ran=1) <scr\u200bipt>window.__ran=1</scr\u200bipt>',
  '${window.__ran=1} {{constructor.constructor("window.__ran=1")()}} <%= 1 %>',
  '@Alice Moreau<img src=x onerror=window.__ran=1>',
  '\u0301'.repeat(200) + '>'.repeat(300) + '['.repeat(300) + '*'.repeat(300),
]

test('hostile messages', async (t) => {
  const server = await Server.start()
  t.after(() => server.close())
  const browser = await launch()
  t.after(() => browser.close())
  const page = await openApp(browser, server, 'alice')
  const foreign = []
  page.on('request', (request) => !request.url().startsWith(server.url) && !request.url().startsWith('ws') && foreign.push(request.url()))
  const policy = (await page.request.get(server.url)).headers()['content-security-policy']
  assert.ok(!/unsafe-inline|unsafe-eval|unsafe-hashes/.test(policy), policy)
  assert.match(policy, /default-src 'self'/)

  const token = await server.token('alice')
  const general = (await server.get(token, '/api/channels')).channels.find((each) => each.channelType === 'general')
  const [example] = (await server.get(token, `/api/communications?channelId=${general._id}&limit=1`)).messages
  // The server keeps what was written: words, and not what they might be taken for.
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
  const sent = await fetch(`${server.url}/api/communications`, { method: 'POST', headers, body: JSON.stringify({ channelId: general._id, message: CORPUS[0] }) })
  const { data } = await sent.json()
  assert.equal((await server.get(token, `/api/communications/${data.messageId}`)).message.message, CORPUS[0])

  const hostile = (text, i) => ({
    ...example,
    _id: i.toString(16).padStart(24, '0'),
    clientId: `hostile-${i}`,
    seq: i + 1 - CORPUS.length,
    message: text,
    senderId: { _id: 'bob', name: `<img src=x onerror="window.__ran=1"> \u202eboB`, avatarUrl: 'javascript:window.__ran=1' },
    quote: { messageId: example._id, channelId: general._id, senderId: { _id: 'bob', name: text.slice(0, 50), avatarUrl: '' }, message: text, createdAt: example.createdAt, isForwarded: true },
    linkPreview: { url: 'javascript:window.__ran=1', title: text, description: text, image: 'javascript:window.__ran=1' },
  })
  const body = JSON.stringify({ success: true, data: { messages: CORPUS.map(hostile), hasMore: false, eventSeq: general.eventSeq } })
  await page.route('**/api/communications?*', (route) => route.fulfill({ contentType: 'application/json', body }))
  await page.addInitScript(() => {
    window.__violations = []
    document.addEventListener('securitypolicyviolation', (event) => window.__violations.push(`${event.violatedDirective} ${event.blockedURI}`))
  })
  await page.reload()
  await page.getByTestId('message').first().waitFor()

  const box = page.getByRole('log', { name: 'Messages' })
  const seen = new Set()
  const anchors = new Map()
  const look = async () => {
    for (const key of await page.getByTestId('message').evaluateAll((rows) => rows.map((row) => row.dataset.row))) seen.add(key)
    const found = await page.locator('.messages a').evaluateAll((all) => all.map((a) => ({ href: a.href, rel: a.rel, target: a.target, protocol: a.protocol })))
    for (const anchor of found) anchors.set(anchor.href, anchor)
    const strange = await page.locator('.messages').evaluate((log) => {
      const elements = [...log.querySelectorAll('*')]
      const handlers = elements.flatMap((e) => e.getAttributeNames().filter((name) => name.startsWith('on')))
      const tags = elements.map((e) => e.localName).filter((name) => ['script', 'iframe', 'object', 'embed', 'form', 'style', 'link', 'base', 'math', 'animate', 'details', 'img'].includes(name))
      return [...handlers, ...tags]
    })
    assert.deepEqual(strange, [])
  }
  // A list that has just come goes to its end by itself, perhaps after the first try.
  const toTop = (log) => {
    log.scrollTop = 0
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(log.scrollTop))))
  }
  await eventually(() => box.evaluate(toTop), (top) => top === 0, 'the beginning is shown')
  for (let i = 0; i < 60; i++) {
    await look()
    if (await box.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight < 2)) break
    await box.evaluate((log) => log.scrollBy(0, log.clientHeight / 2))
    await page.waitForTimeout(60)
  }
  assert.ok(seen.size >= CORPUS.length, `${seen.size} of ${CORPUS.length} were shown`)
  for (const link of await page.locator('.messages a').all()) await link.dispatchEvent('mouseover')
  assert.ok(anchors.size > 0)
  for (const { href, rel, target, protocol } of anchors.values()) {
    assert.ok(['http:', 'https:', 'mailto:'].includes(protocol), href)
    assert.equal(rel, 'noopener noreferrer nofollow ugc', href)
    assert.equal(target, '_blank', href)
  }
  assert.equal(await page.evaluate(() => window.__ran), undefined, 'something ran')
  assert.deepEqual(await page.evaluate(() => window.__violations), [], 'nothing even tried')
  assert.deepEqual(foreign, [], 'nothing was fetched from elsewhere')
  assert.deepEqual(page.complaints, [])
})
