import { onStopRequest } from '#deploy/local/stop-request.ts'
import { programs } from './programs.ts'
import { runCli } from './run-cli.ts'

const args = process.argv.slice(2)
const program = programs.find(({ name }) => name === args[0])

if (program) {
  // As if it was started by itself. It sets the exit code.
  process.argv.splice(2, 1)
  await program.run()
} else {
  const { stdin, stdout, stderr, env } = process
  process.exitCode = await runCli(args, { stdin, stdout, stderr, env, signal: onStopRequest() })
}
