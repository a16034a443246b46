#!/usr/bin/env node
// Node 24.12 and later run the .ts files as they are. An older one hands over to the Node that `npm ci` has installed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const [major, minor] = process.versions.node.split('.').map(Number)

if (major > 24 || (major === 24 && minor >= 12)) {
  // From the second time on it starts in half the time.
  await import('../libs/service/compile-cache.ts')
  await import('./main.ts')
} else handOver()

function handOver() {
  const node = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(node)) {
    process.stderr.write(
      `pickup needs Node 24.12 or later and runs on ${process.version}: run "npm ci" in the checkout first\n`,
    )
    process.exitCode = 1
    return
  }
  const main = fileURLToPath(new URL('main.ts', import.meta.url))
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both, which counts once. Whoever sends a signal otherwise knows this process only.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)
  })
}
