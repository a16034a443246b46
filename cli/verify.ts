import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { formatCount, formatExactBytes } from '#deploy/terminal/human-units.ts'
import { reasonOf } from '#deploy/terminal/reason-of.ts'
import type { CarScanner } from '#libs/car/index.ts'
import { failureCodes, PickupError } from '#libs/errors/index.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { readCid } from './find-pin.ts'
import type { Output } from './output.ts'
import { formatRows } from './pin-text.ts'
import { createByteProgress } from './progress.ts'
import { requireOperands } from './read-arguments.ts'
import { createAnyCarScanner, reportFields } from './scan-car.ts'

/** Large enough that most blocks are in one piece, which are checked where they lie. */
const CHUNK_BYTES = 4 * 1024 ** 2

/** `pickup verify` */
export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'prove a CAR file: every block, every link, its root',
  operands: 'FILE.car',
  details: `Needs no server. A CAR is valid when it has one root, every block matches its hash, every linked block is there
and no other, in any order. "-" reads from stdin. Exits with 1 if it is not valid.`,
  examples: [
    ['verify photos.car', 'whether it is one whole DAG'],
    ['verify photos.car --root bafybeib...', 'whether it is that one'],
  ],
  options: { root: { type: 'string', value: 'CID', help: 'the root that it must have' } },
  async run({ values, operands }, { output, stdin, signal }) {
    requireOperands(operands, 'the name of a CAR file')
    const [file = ''] = operands
    const root = values.root === undefined ? undefined : readCid(values.root)
    if (values.root !== undefined && root === undefined)
      throw new CliError('usage', `--root must be a CID, not "${values.root}"`)
    return await verifyFile({ file, root }, { output, stdin, signal })
  },
})

type Deps = { output: Output; stdin: NodeJS.ReadableStream; signal: AbortSignal }

async function verifyFile(
  { file, root }: { file: string; root: string | undefined },
  deps: Deps,
): Promise<number> {
  const { output } = deps
  let scanner: CarScanner | undefined
  try {
    scanner = createAnyCarScanner(root)
    await scanFile(file, scanner, deps)
    const report = scanner.end()
    const fields = reportFields(report)
    output.result(
      { file, valid: true, ...fields },
      formatRows([
        ['valid', `yes: every block matches its hash, every linked block is there`],
        ['root', fields.root],
        ['CAR', fields.carCid],
        ['CAR size', formatExactBytes(fields.bytes)],
        ['DAG size', formatExactBytes(fields.dagBytes)],
        ['data size', formatExactBytes(fields.rawBytes)],
        ['blocks', formatCount(fields.blocks)],
      ]),
    )
    return exitCodes.ok
  } catch (error) {
    if (!(error instanceof PickupError)) throw error
    const { code, message, missingCids } = error
    const found = {
      root: scanner?.root?.toV1().toString() ?? null,
      bytes: scanner?.sizeBytes ?? 0,
      blocks: scanner?.blocks ?? 0,
    }
    output.result(
      { file, valid: false, failure: { code, message, missingCids }, ...found },
      formatRows([
        ['valid', `no: ${message}`],
        ['failure', code],
        ['', failureCodes[code]],
        ['root', found.root ?? undefined],
        ['read', `${formatExactBytes(found.bytes)}, ${formatCount(found.blocks)} good blocks`],
        ...missingCids.map(cid => ['missing', cid] as const),
      ]),
    )
    return exitCodes.failed
  }
}

async function scanFile(file: string, scanner: CarScanner, { output, stdin, signal }: Deps): Promise<void> {
  const isStdin = file === '-'
  const sizeBytes = isStdin ? undefined : await sizeOf(file)
  const describe = createByteProgress('checking', sizeBytes, output)
  const chunks = isStdin ? stdin : createReadStream(file, { highWaterMark: CHUNK_BYTES, signal })
  for await (const chunk of chunks) {
    scanner.push(chunk)
    output.progress(describe(scanner.sizeBytes, scanner.blocks))
  }
  output.endProgress()
}

async function sizeOf(file: string): Promise<number> {
  const found = await stat(file).catch((cause: unknown) => {
    throw new CliError('usage', `${file} cannot be read: ${reasonOf(cause)}`, { cause })
  })
  if (!found.isFile()) throw new CliError('usage', `${file} is no file`)
  return found.size
}
