import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { explainUsage } from '../local/explain-usage.ts'
import { defaultDataDir } from '../local/folders.ts'
import { StackError } from '../local/stack-error.ts'

const hourMs = 3_600_000

export const USAGE = `Usage: npx pickup doctor [options], or: npm run doctor -- [options]

Compares what Postgres, the S3 store and the IPFS node have, and shows what does not fit. Changes nothing without --repair.
Safe while everything runs. Exit code: 0 all is well or was put right, 1 there are findings left, 2 it could not be told.

  --repair        put right what can be put right
  --grace HOURS   leave alone what is younger; longer than any upload or transfer takes (default 48)
  --json          one JSON object a line; the last is the summary
  --data DIR      folder of the running Pickup, where DATABASE_URL is not set (default ${defaultDataDir()})
`

export type DoctorOptions = { repair: boolean; json: boolean; graceMs: number; dataDir: string }

/** Reads the arguments; undefined where help is asked for. Throws {@link StackError} that names what is wrong. */
export function readDoctorCommandLine(args: readonly string[]): DoctorOptions | undefined {
  const values = parse(args)
  if (values.help) return undefined
  const hours = Number(values.grace)
  if (!/^\d+(\.\d+)?$/.test(values.grace) || !Number.isFinite(hours))
    throw new StackError(`--grace must be a number of hours, not "${values.grace}"`)
  return {
    repair: values.repair,
    json: values.json,
    graceMs: hours * hourMs,
    dataDir: resolve(values.data || defaultDataDir()),
  }
}

const parse = (args: readonly string[]) =>
  explainUsage(() =>
    parseArgs({
      args: [...args],
      options: {
        repair: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        grace: { type: 'string', default: '48' },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  ).values
