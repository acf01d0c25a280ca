// A plot of one scenario as SVG: received rate, the server's estimate and the width of the picture over time.

const width = 900
const height = 320
const left = 60
const right = 60
const top = 40
const bottom = 40

/** Draws samples [{t, kbps, estimate, width}] (seconds, kbit/s, pixels) and marks [{t, label}]. */
export function plot(title, samples, marks) {
  const end = Math.max(...samples.map((s) => s.t), 1)
  const most = 1000 * Math.ceil(Math.max(...samples.map((s) => Math.max(s.kbps, Math.min(s.estimate ?? 0, 6000))), 1000) / 1000)
  const x = (t) => left + ((width - left - right) * t) / end
  const y = (value, max) => height - bottom - ((height - top - bottom) * Math.min(value, max)) / max
  const line = (get, max, style) => {
    const points = samples.filter((s) => get(s) !== undefined).map((s) => `${x(s.t).toFixed(1)},${y(get(s), max).toFixed(1)}`)
    return points.length ? `<polyline fill="none" ${style} points="${points.join(' ')}"/>` : ''
  }
  const grid = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most, most)
    return `<line x1="${left}" x2="${width - right}" y1="${at}" y2="${at}" stroke="#ddd"/><text x="${left - 8}" y="${at + 4}" text-anchor="end">${part * most}</text>`
  })
  const seconds = Array.from({ length: Math.floor(end / 5) + 1 }, (_, i) => `<text x="${x(i * 5)}" y="${height - bottom + 18}" text-anchor="middle">${i * 5}</text>`)
  const events = marks.map((m) => `<line x1="${x(m.t)}" x2="${x(m.t)}" y1="${top}" y2="${height - bottom}" stroke="#c33" stroke-dasharray="4 3"/><text x="${x(m.t) + 4}" y="${top + 10}" fill="#c33">${m.label}</text>`)
  const widths = [320, 640, 1280].map((w) => `<text x="${width - right + 8}" y="${y(w, 1400) + 4}" fill="#2a7">${w}</text>`)
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#444">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${left}" y="18" font-size="14" fill="#111">${title}</text>
<text x="${left}" y="32">received kbit/s (blue), estimate kbit/s (orange), width in pixels (green, right), seconds</text>
${[...grid, ...seconds, ...events, ...widths].join('\n')}
${line((s) => s.estimate, most, 'stroke="#e80" stroke-width="1.5"')}
${line((s) => s.kbps, most, 'stroke="#36c" stroke-width="1.5"')}
${line((s) => s.width, 1400, 'stroke="#2a7" stroke-width="2"')}
</svg>
`
}
