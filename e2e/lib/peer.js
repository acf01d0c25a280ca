// A participant written from docs/protocol.md alone, without our SDK. `io` is the public socket.io-client.
import { fileURLToPath } from 'node:url'

const clientScript = fileURLToPath(new URL('../node_modules/socket.io-client/dist/socket.io.min.js', import.meta.url))

/** Opens a page that holds a connected Peer of a demo user in `peer`. */
export async function openPeer(browser, server, user) {
  const context = await browser.newContext({ bypassCSP: true })
  const page = await context.newPage()
  await page.goto(`${server.url}/api/health`)
  await page.addScriptTag({ path: clientScript })
  await page.evaluate(installPeer)
  await page.evaluate(async (token) => {
    globalThis.peer = new globalThis.Peer(token)
    await globalThis.peer.ready
  }, await server.token(user))
  return page
}

/** Starts a call in the general channel and returns its id. */
export function startCall(page) {
  return page.evaluate(async () => {
    const response = await fetch('/api/channels', { headers: { Authorization: `Bearer ${globalThis.peer.socket.auth.token}` } })
    const general = (await response.json()).data.channels.find((c) => c.channelType === 'general')
    return (await globalThis.peer.request('initiateCall', { channelId: general._id, callType: 'video', participantIds: [] })).callId
  })
}

/** Runs inside the page. */
function installPeer() {
  class Peer {
    constructor(token) {
      this.socket = globalThis.io({ path: '/api/socket/io', transports: ['websocket'], auth: { token } })
      this.slots = []
      this.participants = new Map()
      this.socket.on('slots', (push) => (this.slots = push.slots))
      this.socket.on('layers', (push) => this.takeLayers(push.tracks))
      this.socket.on('participantJoined', (p) => this.participants.set(p.participantId, p))
      this.socket.on('connectionQuality', (push) => (this.quality = push))
      this.socket.on('participantLeft', (p) => this.participants.delete(p.participantId))
      this.ready = new Promise((resolve) => this.socket.once('ready', resolve))
    }

    async request(name, arg) {
      const ack = await this.socket.timeout(10_000).emitWithAck(name, arg)
      if (!ack.success) throw new Error(`${name}: ${ack.code} ${ack.error}`)
      return ack
    }

    /**
     * `mediaPort` sends the media to another port of this machine than the server's own. `codec` is what the camera is sent
     * with if it can be, `scalabilityMode` asks for one stream with layers in it instead of simulcast. `redundancy` is RED for
     * sound, as our SDK has it.
     */
    async join(callId, { width = 1280, height = 720, frameRate = 15, layers = ['q', 'h', 'f'], audioSlots = 3, videoSlots = 3, mediaPort, codec, scalabilityMode, redundancy } = {}) {
      this.media = await navigator.mediaDevices.getUserMedia({ audio: true, video: { width, height, frameRate } })
      this.mediaPort = mediaPort
      this.startedAt = performance.now()
      const ack = await this.request('joinCall', { callId })
      this.callId = callId
      this.id = ack.participantId
      for (const p of ack.participants) this.participants.set(p.participantId, p)
      this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' })
      this.mic = this.pc.addTransceiver(this.media.getAudioTracks()[0], { direction: 'sendonly', streams: [this.media] })
      this.cam = this.pc.addTransceiver(this.media.getVideoTracks()[0], {
        direction: 'sendonly',
        streams: [this.media],
        sendEncodings: scalabilityMode
          ? [{ scalabilityMode, maxBitrate: 2_500_000 }]
          : layers.map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** (layers.length - 1 - i) })),
      })
      if (codec) this.prefer(codec)
      for (let i = 0; i < audioSlots; i++) this.pc.addTransceiver('audio', { direction: 'recvonly' })
      for (let i = 0; i < videoSlots; i++) this.pc.addTransceiver('video', { direction: 'recvonly' })
      if (redundancy) for (const each of this.pc.getTransceivers()) this.preferRedundancy(each)
      this.pc.ontrack = (event) => this.play(event)
      await this.offer()
    }

    prefer(codec) {
      const all = RTCRtpSender.getCapabilities('video').codecs
      const wanted = all.filter((each) => each.mimeType.toLowerCase() === `video/${codec}`.toLowerCase())
      this.cam.setCodecPreferences([...wanted, ...all.filter((each) => !wanted.includes(each))])
    }

    preferRedundancy(transceiver) {
      if (transceiver.receiver.track.kind !== 'audio') return
      const all = RTCRtpReceiver.getCapabilities('audio').codecs
      const red = all.filter((each) => each.mimeType === 'audio/red')
      transceiver.setCodecPreferences([...red, ...all.filter((each) => !red.includes(each))])
    }

    async offer() {
      await this.pc.setLocalDescription()
      const tracks = [
        { mid: this.mic.mid, source: 'microphone' },
        { mid: this.cam.mid, source: 'camera' },
      ]
      if (this.screen) tracks.push({ mid: this.screen.mid, source: 'screen' })
      const { sdp } = await this.request('webrtc:offer', { callId: this.callId, type: 'offer', sdp: this.pc.localDescription.sdp, tracks })
      this.answer = sdp
      await this.pc.setRemoteDescription({ type: 'answer', sdp: this.mediaPort ? this.redirect(sdp) : sdp })
    }

    /** The answer with its UDP candidates pointing at the other port. */
    redirect(sdp) {
      return sdp.replace(/^(a=candidate:\S+ \d+ udp \d+ )\S+ \d+ (.*)$/gim, `$1127.0.0.1 ${this.mediaPort} $2`)
    }

    /** Running totals of what is received of a participant, for benchmarks. */
    async counters(participantId) {
      const stats = [...(await this.pc.getStats()).values()].filter((s) => s.type === 'inbound-rtp')
      const of = (source) => {
        const slot = this.slots.find((s) => s.participantId === participantId && s.source === source)
        return stats.find((s) => s.mid === slot?.mid) ?? {}
      }
      const video = of('camera')
      const audio = of('microphone')
      return {
        at: performance.now(), frames: video.framesDecoded, width: video.frameWidth ?? 0, frozen: video.totalFreezesDuration,
        bytes: (video.bytesReceived ?? 0) + (audio.bytesReceived ?? 0), audioSamples: audio.totalSamplesReceived,
        concealed: audio.concealedSamples, estimate: (this.quality?.availableBitrate ?? undefined) && this.quality.availableBitrate / 1000,
      }
    }

    /** Plays a slot, since Chromium decodes nothing that nobody watches. */
    play({ track, transceiver }) {
      const element = document.createElement(track.kind)
      element.autoplay = true
      element.playsInline = true
      element.srcObject = new MediaStream([track])
      element.dataset.mid = transceiver.mid
      document.body.append(element)
      if (track.kind === 'video') {
        const first = () => element.videoWidth > 0 && (this.firstFrame ??= {}, (this.firstFrame[transceiver.mid] ??= performance.now() - this.startedAt))
        element.requestVideoFrameCallback?.(first)
      }
    }

    async shareScreen() {
      const display = await navigator.mediaDevices.getDisplayMedia({ video: true })
      this.screen = this.pc.addTransceiver(display.getVideoTracks()[0], { direction: 'sendonly', streams: [display] })
      await this.offer()
      await this.request('toggleScreen', { callId: this.callId, isSharingScreen: true })
    }

    view(views) {
      return this.request('setView', { callId: this.callId, views })
    }

    /** Sends the layers that somebody takes. */
    async takeLayers(tracks) {
      for (const { mid, active } of tracks) {
        const sender = this.pc.getTransceivers().find((each) => each.mid === mid)?.sender
        const parameters = sender?.getParameters()
        if (!parameters) continue
        for (const encoding of parameters.encodings) encoding.active = active.includes(encoding.rid)
        await sender.setParameters(parameters)
      }
      this.layers = tracks
    }

    /** What is received of a participant's source, from the browser's own statistics. */
    async received(participantId, source) {
      const slot = this.slots.find((s) => s.participantId === participantId && s.source === source)
      if (!slot) return null
      const stats = [...(await this.pc.getStats()).values()]
      const rtp = stats.find((s) => s.type === 'inbound-rtp' && s.mid === slot.mid)
      if (!rtp) return null
      return {
        mid: slot.mid,
        codec: stats.find((s) => s.id === rtp.codecId)?.mimeType ?? '',
        frames: rtp.framesDecoded ?? 0,
        width: rtp.frameWidth ?? 0,
        energy: rtp.totalAudioEnergy ?? 0,
        packets: rtp.packetsReceived ?? 0,
        lost: rtp.packetsLost ?? 0,
        nacks: rtp.nackCount ?? 0,
        plis: rtp.pliCount ?? 0,
        freezes: rtp.freezeCount ?? 0,
        dropped: rtp.framesDropped ?? 0,
        keyFrames: rtp.keyFramesDecoded ?? 0,
        firstFrame: this.firstFrame?.[slot.mid] ?? null,
      }
    }

    /** Asks `get` again and again until the condition on `r` holds, and returns it. */
    async until(get, condition, ms) {
      const fits = new Function('r', `return ${condition}`)
      const end = performance.now() + ms
      for (let last = null; ; ) {
        const got = await get()
        if (got && fits(got)) return got
        last = got ?? last
        if (performance.now() > end) throw new Error(`not within ${ms} ms: ${condition}; last: ${JSON.stringify(last)}`)
        await new Promise((resolve) => setTimeout(resolve, 50))
      }
    }

    async sent() {
      const stats = [...(await this.pc.getStats()).values()]
      return stats.filter((s) => s.type === 'outbound-rtp' && s.kind === 'video').map((s) => ({
        rid: s.rid, mode: s.scalabilityMode, encoder: s.encoderImplementation, width: s.frameWidth, frames: s.framesEncoded, active: s.active, limited: s.qualityLimitationReason,
      }))
    }

    async leave() {
      await this.request('leaveCall', { callId: this.callId })
      this.pc.close()
      for (const track of this.media.getTracks()) track.stop()
    }
  }
  globalThis.Peer = Peer
}
