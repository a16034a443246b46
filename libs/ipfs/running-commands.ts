import type { KuboHttp } from './kubo-http.ts'

/** A command of the RPC API that the node works on, whoever asked for it: `pin/add`, and its arguments in order. */
export type RunningCommand = { name: string; args: readonly string[] }

/** By `diag/cmds`, which also lists some that have ended: `{ Command, Args, Active }` (kubo commands/reqlog.go). */
export async function runningCommands(http: KuboHttp, signal: AbortSignal): Promise<RunningCommand[]> {
  const { body } = await http.runCommand('diag/cmds', {}, signal)
  const commands = (await body.json()) as { Command: string; Args: string[] | null; Active: boolean }[]
  return commands
    .filter(({ Active }) => Active)
    .map(({ Command, Args }) => ({ name: Command, args: Args ?? [] }))
}
