// People in a call whose way to the server changes: real Chromium and the app itself, behind a proxy in user space for each
// of media and signaling.
import { Link } from './link.js'
import { eventually, openApp, received } from './page.js'
import { Wire } from './wire.js'

/** What changes. Each leaves the person with the new way, which works. */
export const changes = [
  {
    name: 'the NAT forgets the address',
    async make(person) {
      await person.link.rebind()
    },
  },
  {
    name: 'the media path dies, another is there',
    make: (person) => person.move(),
  },
  {
    name: 'another network: the socket is dead, too',
    async make(person) {
      person.wire.cut()
      await person.move()
    },
  },
]

/** Sends the page's media to the port in `__mediaPort` of this machine, instead of the server's own. */
function redirectMedia() {
  const original = RTCPeerConnection.prototype.setRemoteDescription
  RTCPeerConnection.prototype.setRemoteDescription = function ({ type, sdp }) {
    const redirected = sdp
      .replace(/^(a=candidate:\S+ \d+ udp \d+ )\S+ \d+ (.*)$/gim, `$1127.0.0.1 ${window.__mediaPort} $2`)
      .replace(/^a=candidate:\S+ \d+ tcp .*\r\n/gim, '')
    return original.call(this, { type, sdp: redirected })
  }
}

export class Mover {
  static async open(browser, server, user) {
    const person = new Mover()
    person.server = server
    person.wire = await Wire.open(server.port)
    person.page = await openApp(browser, { url: person.wire.url }, user)
    await person.page.evaluate(redirectMedia)
    await person.move()
    return person
  }

  /** The way that was carries nothing any more; there is another one. */
  async move() {
    this.link?.set({ down: true })
    this.link?.close()
    this.link = await Link.open(this.server.port)
    await this.page.evaluate((port) => (window.__mediaPort = port), this.link.port)
  }

  picture() {
    return picture(this.page)
  }

  close() {
    this.link.close()
    this.wire.close()
  }
}

/** Waits until pictures have moved for a while on both sides. */
export async function settled(people) {
  for (const { page } of people) {
    await eventually(() => page.getByTestId('call').getAttribute('data-phase'), (phase) => phase === 'connected', 'connected')
    const count = async () => (await received(page)).reduce((sum, s) => sum + (s.kind === 'video' ? s.frames : 0), 0)
    const before = await count()
    await eventually(count, (now) => now > before + 40, 'pictures move', 30_000)
  }
}

/**
 * When pictures are decoded again after they have stopped, in milliseconds of the machine's clock. What stood for less
 * than `gap` has not stopped: then it is when that was clear.
 */
export function picture(page) {
  return page.evaluate(async () => {
    const frames = async () => {
      let sum = 0
      for (const s of (await window.__parley.peerConnection.getStats()).values()) if (s.type === 'inbound-rtp' && s.kind === 'video') sum += s.framesDecoded ?? 0
      return sum
    }
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    const [gap, clear] = [400, 2_500]
    const begun = Date.now()
    let before = await frames()
    for (let last = begun; Date.now() - begun < 30_000; ) {
      await wait(25)
      const now = await frames()
      const at = Date.now()
      if (now > before) {
        if (at - last > gap) return at
        last = at
      }
      if (at - begun > clear && at - last < gap) return begun
      before = now // a new PeerConnection counts from 0
    }
    return Infinity
  })
}
