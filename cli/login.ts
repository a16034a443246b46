import { text } from 'node:stream/consumers'
import { exitCodes } from './cli-error.ts'
import { defineCommand } from './command.ts'
import { requireOperands } from './read-arguments.ts'
import { serverOptions } from './server.ts'

/** `pickup login` */
export const loginCommand = defineCommand({
  name: 'login',
  summary: 'remember a server and a token for it',
  operands: '',
  details: `Asks the server first, so that what is remembered works. It is kept in $XDG_CONFIG_HOME/pickup/config.json, readable by
you only.`,
  examples: [
    [
      'login --url https://pickup.example --token - < token.txt',
      'the token from a file, not from the command line',
    ],
  ],
  options: {
    ...serverOptions,
    'cluster-auth': {
      type: 'string',
      value: 'USER:PASSWORD',
      help: 'of the ipfs-cluster API, to add files (PICKUP_CLUSTER_AUTH)',
    },
  },
  async run({ values, operands }, { findServer, connect, saveProfile, stdin, output }) {
    requireOperands(operands, '', { min: 0, max: 0 })
    const token = values.token === '-' ? (await text(stdin)).trim() : values.token
    const flags = { ...values, token }
    const server = await findServer(flags)
    const { count } = await (await connect(flags)).list(new URLSearchParams({ limit: '1' }))
    const file = await saveProfile(server)
    output.result(
      { url: server.url, file },
      `${server.url} is remembered in ${file}; it has ${count} pinned of you`,
    )
    return exitCodes.ok
  },
})
