// An impaired link between one browser and the server's media port, in user space: a UDP proxy that loses, delays and
// queues datagrams in each direction as told, also in the middle of a call.
import dgram from 'node:dgram'
import { once } from 'node:events'

/** One direction: a bottleneck of `rate` bits a second with a queue of at most `queue` milliseconds, then delay. */
class Direction {
  constructor(send) {
    this.send = send
    this.rules = { rate: Infinity, queue: 200, delay: 0, jitter: 0, loss: 0, down: false }
    this.free = 0 // when the bottleneck has sent all that waits, in ms
    this.lastOut = 0
    this.counts = { packets: 0, bytes: 0, lost: 0, overflowed: 0 }
  }

  push(datagram) {
    const now = performance.now()
    const r = this.rules
    this.counts.packets++
    if (r.down || Math.random() < r.loss) {
      this.counts.lost++
      return
    }
    this.free = Math.max(this.free, now)
    if (this.free - now > r.queue) {
      this.counts.overflowed++
      return
    }
    this.free += ((datagram.length + 28) * 8000) / r.rate
    this.counts.bytes += datagram.length
    // Jitter delays, and never reorders: the order of a real path mostly holds.
    this.lastOut = Math.max(this.lastOut, this.free + r.delay + Math.random() * r.jitter)
    const wait = this.lastOut - now
    if (wait < 1) this.send(datagram)
    else setTimeout(() => this.send(datagram), wait)
  }
}

export class Link {
  /** Opens a link to the server's UDP port on this machine; `port` is what the browser sends to instead. */
  static async open(serverPort) {
    const link = new Link()
    link.outside = dgram.createSocket('udp4')
    link.outside.bind(0, '127.0.0.1')
    await Promise.all([once(link.outside, 'listening'), link.rebind()])
    link.port = link.outside.address().port
    link.up = new Direction((d) => link.closed || link.inside.send(d, serverPort, '127.0.0.1'))
    link.down = new Direction((d) => link.closed || (link.browser && link.outside.send(d, link.browser.port, link.browser.address)))
    link.outside.on('message', (datagram, from) => {
      link.browser = from
      link.up.push(datagram)
    })
    return link
  }

  /** Gives the browser another address, as a NAT that has forgotten it: what is still sent to the one before is lost. */
  async rebind() {
    const before = this.inside
    const next = dgram.createSocket('udp4')
    next.bind(0, '127.0.0.1')
    await once(next, 'listening')
    next.on('message', (datagram) => this.down.push(datagram))
    this.inside = next
    before?.close()
  }

  /** Changes the rules of both directions, or of one: `link.set({ loss: 0.05 }, ['down'])`. */
  set(rules, directions = ['up', 'down']) {
    for (const name of directions) Object.assign(this[name].rules, rules)
  }

  close() {
    this.closed = true
    this.outside.close()
    this.inside.close()
  }
}
