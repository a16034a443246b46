import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { CID } from 'multiformats/cid'
import { defaultDataDir } from '../local/folders.ts'
import { DemoError } from './demo-error.ts'

const DEFAULT_MIB = 100
const LARGEST_MIB = 10_000

export const USAGE = `Usage: npm run demo -- [CID] [options]

Pins a DAG and checks what Pickup stored: downloads the CAR, hashes every block again, imports it into an empty node.
Without a CID the DAG is a sample of random files on a second IPFS node, and nothing is left at the end.
With a CID it is pinned from the public network.
A Pickup that runs (npm start) is used and left running; what the demo pins stays there. Else one is started for the demo:
for the sample without any traffic beyond this machine, in a folder that is removed; for a CID in the data folder.

  --data DIR     data folder of the running Pickup, and of the one started for a CID (default ${defaultDataDir()})
  --isolated     uses no running Pickup and no network, for a CID too
  --mib N        size of the sample in MiB (default ${DEFAULT_MIB})
  --help         show this

Settings of the services (README) are taken from the environment where the demo starts them.
`

export type CommandLine = {
  /** Undefined for the sample. */
  cid: string | undefined
  dataDir: string
  isolated: boolean
  sampleMib: number
  help: boolean
}

/** Reads the arguments of `npm run demo`. Throws {@link DemoError} that names what is wrong. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const { values, positionals } = parse(args)
  const [cid, extra] = positionals
  if (extra !== undefined) throw new DemoError(`one CID at a time: "${extra}" is one too many`)
  if (cid !== undefined) requireCid(cid)
  const sampleMib = Number(values.mib)
  if (!/^\d+$/.test(values.mib) || sampleMib < 1 || sampleMib > LARGEST_MIB)
    throw new DemoError(`--mib must be a number from 1 to ${LARGEST_MIB}, not "${values.mib}"`)
  const dataDir = resolve(values.data || defaultDataDir())
  return { cid, dataDir, isolated: values.isolated, sampleMib, help: values.help }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        data: { type: 'string' },
        isolated: { type: 'boolean', default: false },
        mib: { type: 'string', default: String(DEFAULT_MIB) },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new DemoError(`${reason} (--help shows what there is)`)
  }
}

function requireCid(text: string): void {
  try {
    CID.parse(text)
  } catch (error) {
    throw new DemoError(`"${text}" is no CID`, { cause: error })
  }
}
