/** What the exit code of `pickup` means. Scripts depend on the numbers. */
export const exitCodes = {
  ok: 0,
  /** What was asked for is not so: a pin failed, a CAR is not valid, or something unexpected happened. */
  failed: 1,
  /** The command line is wrong. Nothing was done. */
  usage: 2,
  /** There is no server that answers. */
  unreachable: 3,
  /** The server does not accept the token. */
  unauthorized: 3,
  /** The server refuses this request: no such pin, over a limit. */
  refused: 4,
  /** Ctrl-C, as shells have it. */
  interrupted: 130,
} as const

/** Ends the command. The message is one line for the person who typed it: what is wrong, and what to do. */
export class CliError extends Error {
  override name = 'CliError'
  readonly kind: keyof typeof exitCodes

  constructor(kind: keyof typeof exitCodes, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}
