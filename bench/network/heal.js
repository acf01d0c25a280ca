// make bench-heal: how long a person in a call sees no picture, and is not seen, when their way to the server changes. Real
// Chromium and the app itself; the way is a proxy in user space. Prints a table.
//
//   node bench/network/heal.js [--runs 20] [--only WORD] [--json FILE]
import { writeFile } from 'node:fs/promises'
import { launch } from '../../e2e/lib/browser.js'
import { changes, Mover, settled } from '../../e2e/lib/mover.js'
import { eventually, joinCall } from '../../e2e/lib/page.js'
import { Server } from '../../e2e/lib/server.js'

const goal = 3 // seconds, of 95 in 100 changes

function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? otherwise : process.argv[at + 1]
}

async function measure(change, runs) {
  const server = await Server.start()
  const browser = await launch(20)
  const people = []
  try {
    for (const user of ['alice', 'bob']) people.push(await Mover.open(browser, server, user))
    const [alice, bob] = people
    await joinCall(alice.page, 'call-video')
    await bob.page.getByTestId('incoming-accept').click()
    const seat = await eventually(() => bob.page.evaluate(() => window.__parley.participantId), Boolean, 'a seat')
    const seen = []
    for (let run = 0; run < runs; run++) {
      await settled(people)
      const at = Date.now()
      const changed = change.make(bob)
      const [sees, isSeen] = await Promise.all([bob.picture(), alice.picture(), changed])
      seen.push({ sees: (sees - at) / 1000, isSeen: (isSeen - at) / 1000 })
    }
    const same = seat === (await bob.page.evaluate(() => window.__parley.participantId))
    return { name: change.name, seen, same }
  } finally {
    for (const person of people) person.close()
    await browser.close()
    await server.close()
  }
}

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]

const runs = Number(option('runs', '20'))
const only = option('only')
const results = []
console.log('| what changes | runs | sees again: median | p95 | is seen again: median | p95 | goal p95 | met |\n|---|---:|---:|---:|---:|---:|---:|---|')
for (const change of changes.filter(({ name }) => !only || name.includes(only))) {
  const result = await measure(change, runs)
  const sees = result.seen.map((each) => each.sees)
  const isSeen = result.seen.map((each) => each.isSeen)
  const met = quantile(sees, 0.95) < goal && quantile(isSeen, 0.95) < goal && result.same
  const cells = [sees, isSeen].flatMap((values) => [0.5, 0.95].map((q) => `${quantile(values, q).toFixed(2)} s`))
  console.log(`| ${change.name} | ${runs} | ${cells.join(' | ')} | ${goal} s | ${met ? 'yes' : 'NO'} |`)
  if (!met) process.exitCode = 1
  results.push(result)
}
if (option('json')) await writeFile(option('json'), JSON.stringify(results))
