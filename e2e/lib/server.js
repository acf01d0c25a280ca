// A Parley of its own for a test: `parley serve --dev` on a free port, with a new data folder.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const binary = join(dirname(fileURLToPath(import.meta.url)), '../../bin/parley')

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address()
  probe.close()
  await once(probe, 'close')
  return port
}

export class Server {
  /** Starts a server, with more flags if need be; close ends it. */
  static async start(flags = []) {
    const port = await freePort()
    return Server.startWith({ port, url: `http://localhost:${port}`, flags: ['--listen', `127.0.0.1:${port}`, ...flags], program: binary })
  }

  /** Starts a server of another kind: where it is, its flags, and the program or what runs it. */
  static async startWith(settings) {
    const server = Object.assign(new Server(), settings)
    server.folder = await mkdtemp(join(tmpdir(), 'parley-e2e-'))
    await server.run()
    return server
  }

  /** Runs the process and waits until it takes connections. */
  async run() {
    this.log = []
    this.process = spawn(this.program, ['serve', '--dev', ...this.flags, '--data-dir', join(this.folder, 'data')], {
      env: { ...process.env, PARLEY_SERVER_RATELIMITS: 'false' }, // tests are quicker than people
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.exited = once(this.process, 'exit')
    createInterface(this.process.stderr).on('line', (line) => this.log.push(line))
    const ready = new Promise((resolve) => {
      createInterface(this.process.stdout).on('line', (line) => line.includes('ready') && resolve(true))
    })
    const up = await Promise.race([ready, this.exited.then(() => false)])
    if (!up) throw new Error(`the server ended at its start:\n${this.log.join('\n')}`)
  }

  /** Ends the process at once, as a crash would, and waits until it is gone. */
  async crash() {
    this.process.kill('SIGKILL')
    await this.exited
  }

  async close() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM')
      await this.exited
    }
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 })
  }

  /** A demo user's token. */
  async token(userId) {
    const response = await fetch(`${this.url}/api/dev/token`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ userId }),
    })
    return (await response.json()).data.token
  }

  /** A token of somebody who is no demo user. */
  async person(id, name, role) {
    const { stdout } = await run(binary, ['token', '--dev', '--data-dir', join(this.folder, 'data'), '--user', id, '--name', name, '--role', role])
    return stdout.trim()
  }

  /** GETs a path of the API as a user and returns its data. */
  get(token, path) {
    return this.ask(token, path)
  }

  /** PUTs to a path of the API. */
  put(token, path, value) {
    return this.ask(token, path, { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) })
  }

  async ask(token, path, { headers, ...request } = {}) {
    const response = await fetch(this.url + path, { ...request, headers: { ...headers, Authorization: `Bearer ${token}` } })
    const body = await response.json()
    if (!body.success) throw new Error(`${path}: ${body.code}`)
    return body.data
  }
}
