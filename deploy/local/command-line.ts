import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { explainUsage } from './explain-usage.ts'
import { defaultDataDir } from './folders.ts'
import { StackError } from './stack-error.ts'

export const USAGE = `Usage: npx pickup up [options], or: npm start -- [options]

Runs all of Pickup on this machine: the five services, and a Postgres, NATS, S3, IPFS and SQS server for them.

  --data DIR         where everything is kept (default ${defaultDataDir()})
  --port N           port of the gateway on 127.0.0.1; 0 for any free one (default 9094)
  --isolated         no traffic beyond this machine: the IPFS node only knows peers that it is told of
  --servers-only     start the servers and not the services, to run those by hand
  --traces           show the traces of all pins: starts jaeger, jaeger-all-in-one or otel-desktop-viewer of PATH
  --ready-file FILE  write addresses and credentials there too (always in ready.json of the data folder) when
                     everything is ready; removed at the stop
  --help             show this

Settings of the services (README) are taken from the environment.
`

export type CommandLine = {
  dataDir: string
  gatewayPort: number
  isolated: boolean
  serversOnly: boolean
  traces: boolean
  readyFile: string | undefined
  help: boolean
}

/** Reads the flags of `npm start`. Throws {@link StackError} that names what is wrong. */
export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parse(args)
  const gatewayPort = Number(values.port)
  if (!/^\d+$/.test(values.port) || gatewayPort > 65_535)
    throw new StackError(`--port must be a number from 0 to 65535, not "${values.port}"`)
  return {
    dataDir: resolve(values.data || defaultDataDir()),
    gatewayPort,
    isolated: values.isolated,
    serversOnly: values['servers-only'],
    traces: values.traces,
    readyFile: values['ready-file'] === undefined ? undefined : resolve(values['ready-file']),
    help: values.help,
  }
}

const parse = (args: readonly string[]) =>
  explainUsage(() =>
    parseArgs({
      args: [...args],
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '9094' },
        isolated: { type: 'boolean', default: false },
        'servers-only': { type: 'boolean', default: false },
        traces: { type: 'boolean', default: false },
        'ready-file': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }),
  ).values
