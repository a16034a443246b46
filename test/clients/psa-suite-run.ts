import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { serverEnvironment } from '#deploy/local/server-environment.ts'
import { installClients } from './install-clients.ts'

type SuiteOptions = {
  /** Of the service, without `/pins`. */
  endpoint: string
  token: string
  /** The specification in YAML, version 1.0.0. */
  specification: Uint8Array
  /** Makes a raw block of this text fetchable. Without it nobody has the contents that the suite pins. */
  publish?: (block: string) => Promise<unknown>
}

/** What a run left behind. The suite's own verdict is no part of it: it holds for runs that left checks out, too. */
export type SuiteRun = { total: number; passed: number; output: string }

/** Runs the official compliance suite, as it was published, against a service. Takes about 50 s. */
export async function runSuite(options: SuiteOptions): Promise<SuiteRun> {
  await using resources = new AsyncDisposableStack()
  const suite = await copySuite(resources)
  const helperUrl = await startHelper(options, resources)
  const output = await runProgram(suite, options, {
    SPECIFICATION_URL: `${helperUrl}/specification`,
    ...(options.publish ? { PUBLISH_URL: `${helperUrl}/blocks` } : {}),
  })
  const { hostname } = new URL(options.endpoint)
  const { total, passed } = JSON.parse(
    await readFile(join(suite, 'dist', 'docs', `${hostname}.json`), 'utf8'),
  )
  return { total, passed, output }
}

/** The suite writes its results into itself: a copy of each run's own keeps them apart from those of others. */
async function copySuite(resources: AsyncDisposableStack): Promise<string> {
  const installed = join(await installClients('compliance'), 'node_modules')
  const folder = await mkdtemp(join(tmpdir(), 'pickup-compliance-'))
  resources.defer(() => rm(folder, { recursive: true }))
  await symlink(installed, join(folder, 'node_modules'))
  const suite = join(folder, 'suite')
  await cp(join(installed, '@ipfs-shipyard', 'pinning-service-compliance'), suite, { recursive: true })
  await rm(join(suite, 'dist', 'docs'), { recursive: true, force: true })
  await mkdir(join(suite, 'dist', 'docs'))
  return suite
}

/** Serves what the preload asks for. Answers its URL. */
async function startHelper(
  { specification, publish }: SuiteOptions,
  resources: AsyncDisposableStack,
): Promise<string> {
  const server = createServer((request, answer) => {
    if (request.url === '/specification') answer.end(specification)
    else void answerBlock(text(request), answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  resources.defer(() => void server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no TCP port')
  return `http://127.0.0.1:${address.port}`

  async function answerBlock(block: Promise<string>, answer: ServerResponse): Promise<void> {
    try {
      await publish?.(await block)
      answer.end()
    } catch (error) {
      answer.writeHead(500).end(String(error))
    }
  }
}

/** Answers all that it prints. Its exit code says nothing: it is 0 even where no service answers. */
function runProgram(suite: string, { endpoint, token }: SuiteOptions, own: Record<string, string>) {
  const preload = fileURLToPath(new URL('./psa-suite-preload.ts', import.meta.url))
  const program = join(suite, 'dist', 'src', 'index.js')
  const args = ['--import', preload, program, '--serviceAndToken', endpoint, token]
  return new Promise<string>((resolve, reject) => {
    const options = { env: serverEnvironment(own), timeout: 240_000, maxBuffer: 64 * 1024 ** 2 }
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`the suite did not end by itself:\n${stdout}${stderr}`, { cause: error }))
      else resolve(stdout + stderr)
    })
  })
}
