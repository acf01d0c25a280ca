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

export const scenarios = [
  {
    name: 'nothing wrong',
    seconds: 20,
    steps: [],
    judge(run) { // what this machine itself costs: hold the others against it
      const q = quality(run, 2, 20)
      return [
        { what: 'frames a second', got: q.fps, goal: '20', met: q.fps >= 20 },
        { what: 'time frozen', got: `${q.frozen} %`, goal: 'under 3 %', met: q.frozen < 3 },
        { what: 'audio concealed', got: `${q.concealed} %`, goal: 'under 1 %', met: q.concealed < 1 },
      ]
    },
  },
  {
    name: 'downlink cut to 500 kbit/s',
    seconds: 55,
    steps: [
      { t: 10, label: '500 kbit/s', rules: { rate: 500_000, queue: 300 }, directions: ['down'] },
      { t: 30, label: 'free', rules: { rate: Infinity }, directions: ['down'] },
    ],
    judge(run) {
      const lower = settles(run, 10, 30, (w) => w > 0 && w < 1280)
      const back = settles(run, 30, 55, (w) => w === 1280)
      const q = quality(run, 10, 30)
      return [
        { what: 'lower layer after the cut', got: `${lower} s`, goal: '3 s', met: lower <= 3 },
        { what: 'audio concealed during the cut', got: `${q.concealed} %`, goal: 'under 1 %', met: q.concealed < 1 },
        { what: 'top layer after the end of the cut', got: `${back} s`, goal: '15 s', met: back <= 15 },
      ]
    },
  },
  {
    name: '5 % random loss, both ways',
    seconds: 30,
    steps: [{ t: 3, label: '5 % loss', rules: { loss: 0.05 } }],
    judge(run) {
      const q = quality(run, 6, 30)
      return [
        { what: 'frames a second', got: q.fps, goal: '20', met: q.fps >= 20 },
        { what: 'time frozen', got: `${q.frozen} %`, goal: 'under 3 %', met: q.frozen < 3 },
      ]
    },
  },
  {
    name: '300 ms round trip, 30 ms jitter',
    seconds: 30,
    steps: [{ t: 3, label: '300 ms ± 30 ms', rules: { delay: 150, jitter: 30 } }],
    judge(run) {
      const q = quality(run, 10, 30)
      return [
        { what: 'frames a second', got: q.fps, goal: '20', met: q.fps >= 20 },
        { what: 'time frozen', got: `${q.frozen} %`, goal: 'under 3 %', met: q.frozen < 3 },
        { what: 'audio concealed', got: `${q.concealed} %`, goal: 'under 1 %', met: q.concealed < 1 },
      ]
    },
  },
  {
    name: 'outage of 5 s and return',
    seconds: 40,
    steps: [
      { t: 10, label: 'nothing', rules: { down: true } },
      { t: 15, label: 'back', rules: { down: false } },
    ],
    judge(run) {
      const picture = settles(run, 15, 40, (w) => w > 0)
      const back = settles(run, 15, 40, (w) => w === 1280)
      return [
        { what: 'picture again', got: `${picture} s`, goal: '3 s', met: picture <= 3 },
        { what: 'top layer again', got: `${back} s`, goal: '15 s', met: back <= 15 },
      ]
    },
  },
]
