// Three network namespaces in a row: a server, a router that can block and translate, and a client. Everything has a prefix
// of ours, so that what a run that was killed has left behind is removed by the next.
import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const prefix = 'parley-e2e-'

/** Why there can be no namespaces here; null when there can. */
export function missing() {
  if (process.getuid?.() !== 0) return 'network namespaces need root'
  for (const program of ['ip', 'nft']) {
    try {
      execFileSync(program, ['-V'], { stdio: 'ignore' })
    } catch {
      return `${program} is not installed: scripts/install-deps.sh test installs it`
    }
  }
  try {
    execFileSync('ip', ['netns', 'add', `${prefix}probe`], { stdio: 'pipe' })
    execFileSync('ip', ['netns', 'del', `${prefix}probe`])
  } catch (error) {
    return `this machine lets us make no network namespace: ${error.stderr}`
  }
  return null
}

// Addresses for documentation, and no private ones: at port 443 of a private address browsers refuse all media.
const networks = { server: ['198.51.100.', '2001:db8:1::'], client: ['203.0.113.', '2001:db8:2::'] }

export const addresses = { server: '198.51.100.2', server6: '2001:db8:1::2', client: '203.0.113.2', client6: '2001:db8:2::2', moved: '203.0.113.3', router: '198.51.100.1' }

export class Network {
  static async open() {
    await removeAll()
    const network = new Network()
    network.folder = await mkdtemp(join(tmpdir(), prefix))
    network.names = Object.fromEntries(['server', 'router', 'client'].map((part) => [part, `${prefix}${process.pid}-${part}`]))
    for (const part of ['server', 'router', 'client']) {
      await run('ip', ['netns', 'add', network.names[part]])
      await network.ip(part, 'link', 'set', 'lo', 'up')
    }
    await network.join('server')
    await network.join('client')
    for (const key of ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']) await network.exec('router', 'sysctl', '-qw', `${key}=1`)
    return network
  }

  /** A cable from a part to the router, where it has the part's name. */
  async join(part) {
    const device = part
    const [four, six] = networks[part]
    await run('ip', ['link', 'add', 'up0', 'netns', this.names[part], 'type', 'veth', 'peer', 'name', device, 'netns', this.names.router])
    await this.ip('router', 'addr', 'add', `${four}1/24`, 'dev', device)
    await this.ip('router', 'addr', 'add', `${six}1/64`, 'dev', device, 'nodad')
    await this.ip('router', 'link', 'set', device, 'up')
    await this.ip(part, 'link', 'set', 'up0', 'up')
    await this.address(part, `${four}2`)
    await this.address(part, `${six}2`)
  }

  /** Gives a part an address, and its way out by it. */
  async address(part, address) {
    const [four, six] = networks[part]
    const [family, network, gateway] = address.includes(':') ? ['-6', '64', `${six}1`] : ['-4', '24', `${four}1`]
    const nodad = family === '-6' ? ['nodad'] : []
    await this.ip(part, 'addr', 'add', `${address}/${network}`, 'dev', 'up0', ...nodad)
    await this.ip(part, family, 'route', 'replace', 'default', 'via', gateway, 'src', address)
  }

  async removeAddress(part, address) {
    await this.ip(part, 'addr', 'del', `${address}/${address.includes(':') ? '64' : '24'}`, 'dev', 'up0')
  }

  ip(part, ...args) {
    return run('ip', ['-n', this.names[part], ...args])
  }

  exec(part, ...command) {
    return run('ip', ['netns', 'exec', this.names[part], ...command])
  }

  /** Replaces the router's rules. */
  async rules(text) {
    const file = join(this.folder, 'rules.nft')
    await writeFile(file, `flush ruleset\n${text}\n`)
    await this.exec('router', 'nft', '-f', file)
  }

  /** The path of a program that runs another inside a part. */
  async wrapper(part, program) {
    const file = join(this.folder, `${part}-${program.replace(/\W+/g, '-')}`)
    await writeFile(file, `#!/bin/sh\nexec ip netns exec ${this.names[part]} ${program} "$@"\n`)
    await chmod(file, 0o755)
    return file
  }

  async close() {
    for (const name of Object.values(this.names)) await run('ip', ['netns', 'del', name])
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Removes the namespaces of runs that are no more; with them go their devices and rules. */
async function removeAll() {
  const { stdout } = await run('ip', ['netns', 'list'])
  for (const [, name, pid] of stdout.matchAll(new RegExp(`^(${prefix}(\\d+)-\\S+)`, 'gm'))) {
    if (!alive(Number(pid))) await run('ip', ['netns', 'del', name]).catch(() => {}) // another run may be at it
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
