// What happens to the link, when, and what must hold. Times are seconds from the start of the measurement.

/** Samples between two times. */
const between = (run, from, to) => run.samples.filter((s) => s.t >= from && s.t < to)
const sum = (samples, get) => samples.reduce((total, s) => total + get(s), 0)
const round = (value, digits = 1) => Number(value.toFixed(digits))

/** Frames a second, the share of time frozen and the share of concealed audio between two times. */
export function quality(run, from, to) {
  const part = between(run, from, to)
  const seconds = to - from
  const audio = sum(part, (s) => s.audioSamples)
  return {
    fps: round(sum(part, (s) => s.frames) / seconds),
    frozen: round((100 * sum(part, (s) => s.frozen)) / seconds, 2),
    concealed: audio ? round((100 * sum(part, (s) => s.concealed)) / audio, 2) : NaN,
    kbps: Math.round(sum(part, (s) => s.kbps) / Math.max(part.length, 1)),
  }
}

/** Seconds after `from` at which the width first fits and stays so for a second; Infinity if never. */
function settles(run, from, to, fits) {
  const part = between(run, from, to)
  for (const s of part) {
    const next = part.filter((o) => o.t >= s.t && o.t < s.t + 1)
    if (next.length > 0 && next.every((o) => fits(o.width) && o.frames >= 0) && sum(next, (o) => o.frames) > 5) return round(s.t - from)
  }
  return Infinity
}

/** Rows of a table. */
const atLeast = (what, got, goal, unit = '') => ({ what, got, unit, goal: `${goal}${unit}`, met: got >= goal })
const within = (what, got, goal) => ({ what, got, unit: ' s', goal: `${goal} s`, met: got <= goal })
const under = (what, got, goal) => ({ what, got, unit: ' %', goal: `under ${goal} %`, met: got < goal })

/** What must hold while a call goes on between two times. */
function goesOn(run, from, to) {
  const q = quality(run, from, to)
  return [atLeast('frames a second', q.fps, 20), under('time frozen', q.frozen, 3), under('audio concealed', q.concealed, 1)]
}

/** What must hold of a link that is cut down from one time to another. */
function survives(run, from, to, end) {
  const q = quality(run, from, to)
  const rows = [
    within('lower layer after the cut', settles(run, from, to, (w) => w > 0 && w < 1280), 3),
    under('time frozen during the cut', q.frozen, 3),
    under('audio concealed during the cut', q.concealed, 1),
  ]
  if (end > to) rows.push(within('top layer after the end of the cut', settles(run, to, end, (w) => w === 1280), 15))
  return rows
}

/** The downlink is cut down for 20 s, and then for some time it is free again. */
function downlinkCut(kbps, queue, after, name = `downlink cut to ${kbps} kbit/s, queue of ${queue} ms`) {
  return {
    name,
    seconds: 30 + after,
    sweep: after === 0,
    steps: [
      { t: 10, label: `${kbps} kbit/s`, rules: { rate: kbps * 1000, queue }, directions: ['down'] },
      { t: 30, label: 'free', rules: { rate: Infinity }, directions: ['down'] },
    ],
    judge: (run) => survives(run, 10, 30, 30 + after),
  }
}

/** Steps name the rules of the subscriber's link, or of the publisher's when the scenario says so. */
export const scenarios = [
  {
    name: 'nothing wrong',
    seconds: 20,
    steps: [],
    judge: (run) => goesOn(run, 2, 20), // what this machine itself costs: hold the others against it
  },
  downlinkCut(500, 300, 25, 'downlink cut to 500 kbit/s'),
  {
    name: '5 % random loss, both ways',
    seconds: 30,
    steps: [{ t: 3, label: '5 % loss', rules: { loss: 0.05 } }],
    judge: (run) => goesOn(run, 6, 30),
  },
  {
    name: '300 ms round trip, 30 ms jitter',
    seconds: 30,
    steps: [{ t: 3, label: '300 ms ± 30 ms', rules: { delay: 150, jitter: 30 } }],
    judge: (run) => goesOn(run, 10, 30),
  },
  {
    name: 'outage of 5 s and return',
    seconds: 40,
    steps: [
      { t: 10, label: 'nothing', rules: { down: true } },
      { t: 15, label: 'back', rules: { down: false } },
    ],
    judge: (run) => [
      within('picture again', settles(run, 15, 40, (w) => w > 0), 3),
      within('top layer again', settles(run, 15, 40, (w) => w === 1280), 15),
    ],
  },
  {
    name: 'uplink: 5 % random loss',
    publisher: true,
    seconds: 30,
    steps: [{ t: 3, label: '5 % loss', rules: { loss: 0.05 }, directions: ['up'] }],
    judge: (run) => goesOn(run, 6, 30),
  },
  {
    name: 'uplink cut to 500 kbit/s',
    publisher: true,
    seconds: 60,
    steps: [
      { t: 10, label: '500 kbit/s', rules: { rate: 500_000, queue: 300 }, directions: ['up'] },
      { t: 30, label: 'free', rules: { rate: Infinity }, directions: ['up'] },
    ],
    judge: (run) => survives(run, 10, 30, 60),
  },
  {
    name: 'uplink: 300 ms round trip, 30 ms jitter',
    publisher: true,
    seconds: 30,
    steps: [{ t: 3, label: '300 ms ± 30 ms', rules: { delay: 150, jitter: 30 } }],
    judge: (run) => goesOn(run, 10, 30),
  },
  ...[300, 500, 800].flatMap((kbps) => [100, 300, 1000].map((queue) => downlinkCut(kbps, queue, 0))),
]
