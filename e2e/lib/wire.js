// The TCP half of a link: carries connections to the server until it is cut. Then those that are open stay so and carry
// nothing, as after a change of network, and new ones go through again.
import { createServer, connect } from 'node:net'
import { once } from 'node:events'

export class Wire {
  static async open(serverPort) {
    const wire = new Wire()
    wire.pairs = new Set()
    wire.server = createServer((client) => {
      if (wire.stopped) return client.destroy()
      const inside = connect(serverPort, '127.0.0.1')
      const pair = { client, inside, cut: false }
      wire.pairs.add(pair)
      for (const [from, to] of [[client, inside], [inside, client]]) {
        from.on('data', (data) => pair.cut || to.write(data))
        from.on('error', () => {})
        from.on('close', () => {
          wire.pairs.delete(pair)
          if (!pair.cut) to.destroy()
        })
      }
    }).listen(0, '127.0.0.1')
    await once(wire.server, 'listening')
    wire.port = wire.server.address().port
    wire.url = `http://localhost:${wire.port}`
    return wire
  }

  /** Ends every connection and lets no other through, until start. */
  stop() {
    this.stopped = true
    for (const { client, inside } of this.pairs) {
      client.destroy()
      inside.destroy()
    }
  }

  start() {
    this.stopped = false
  }

  cut() {
    for (const pair of this.pairs) pair.cut = true
  }

  close() {
    this.server.close()
    this.stop()
  }
}
