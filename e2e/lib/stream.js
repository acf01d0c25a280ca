// A publisher by WHIP and a player by WHEP, written from their specifications with nothing but fetch.

/** Opens a page that holds a Stream of a demo user, for a call, in `stream`. */
export async function openStream(browser, server, user, callId) {
  const page = await (await browser.newContext({ bypassCSP: true })).newPage()
  await page.goto(`${server.url}/api/health`)
  await page.evaluate(installStream)
  await page.evaluate(([token, url]) => {
    globalThis.stream = new globalThis.Stream(token, url)
  }, [await server.token(user), `/api/calls/${callId}`])
  return page
}

/** Runs inside the page. */
function installStream() {
  class Stream {
    /** `url` is the call's: `/api/calls/{id}`. */
    constructor(token, url) {
      this.headers = { Authorization: `Bearer ${token}` }
      this.url = url
      this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
    }

    async publish() {
      const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width: 640, height: 360, frameRate: 15 } })
      for (const track of media.getTracks()) this.pc.addTransceiver(track, { direction: 'sendonly', streams: [media] })
      await this.begin('whip')
    }

    async play() {
      this.media = new MediaStream()
      this.pc.ontrack = ({ track }) => this.media.addTrack(track)
      for (const kind of ['audio', 'video']) this.pc.addTransceiver(kind, { direction: 'recvonly' })
      const element = document.createElement('video')
      Object.assign(element, { autoplay: true, playsInline: true, srcObject: this.media })
      document.body.append(element)
      await this.begin('whep')
    }

    async send(method, url, type, body, headers = {}) {
      const response = await fetch(url, { method, body, headers: { ...this.headers, ...(type && { 'Content-Type': type }), ...headers } })
      const text = await response.text()
      if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
      return { response, text }
    }

    /** Offers at once, with candidates to follow. */
    async begin(protocol) {
      await this.pc.setLocalDescription()
      const { response, text } = await this.send('POST', `${this.url}/${protocol}`, 'application/sdp', this.pc.localDescription.sdp)
      if (response.status !== 201) throw new Error(`status ${response.status}`)
      this.session = response.headers.get('Location')
      this.tag = response.headers.get('ETag')
      this.id = this.session.split('/').pop()
      this.answer = text
      await this.gathered()
      await this.patch(this.tag)
      await this.pc.setRemoteDescription({ type: 'answer', sdp: text })
    }

    async gathered() {
      while (this.pc.iceGatheringState !== 'complete') {
        await new Promise((resolve) => this.pc.addEventListener('icegatheringstatechange', resolve, { once: true }))
      }
    }

    /** Sends the ICE part of the local description; returns what is answered. */
    patch(tag) {
      const wanted = /^(a=group:|m=|a=mid:|a=ice-ufrag:|a=ice-pwd:|a=candidate:|a=end-of-candidates)/
      const lines = this.pc.localDescription.sdp.split('\r\n').filter((line) => wanted.test(line))
      return this.send('PATCH', this.session, 'application/trickle-ice-sdpfrag', lines.join('\r\n') + '\r\n', { 'If-Match': tag })
    }

    async restart() {
      this.pc.restartIce()
      await this.pc.setLocalDescription()
      await this.gathered()
      const { response, text } = await this.patch('*')
      if (response.status !== 200 || response.headers.get('ETag') === this.tag) throw new Error(`no restart: ${response.status}`)
      this.tag = response.headers.get('ETag')
      for (const key of ['a=ice-ufrag:', 'a=ice-pwd:']) {
        const line = text.split('\r\n').find((l) => l.startsWith(key))
        this.answer = this.answer.replaceAll(new RegExp(`^${key}.*(?=\\r$)`, 'gm'), line)
      }
      await this.pc.setRemoteDescription({ type: 'answer', sdp: this.answer })
    }

    async end() {
      const { response } = await this.send('DELETE', this.session)
      return response.status
    }

    async received() {
      const stats = [...(await this.pc.getStats()).values()].filter((s) => s.type === 'inbound-rtp')
      const of = (kind) => stats.find((s) => s.kind === kind) ?? {}
      return { frames: of('video').framesDecoded ?? 0, width: of('video').frameWidth ?? 0, energy: of('audio').totalAudioEnergy ?? 0 }
    }

    /** Waits until what is received fits. */
    async until(fits, ms) {
      for (const end = performance.now() + ms; ; ) {
        const got = await this.received()
        if (got.frames >= (fits.frames ?? 0) && got.energy >= (fits.energy ?? 0)) return got
        if (performance.now() > end) throw new Error(`not within ${ms} ms: ${JSON.stringify(fits)}; last: ${JSON.stringify(got)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }
  }
  globalThis.Stream = Stream
}
