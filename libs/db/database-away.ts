// SQLSTATE classes 08 (connection), 53 (resources) and 57P (shutdown), and what sockets report.
const awayCodes = /^(08|53|57P)|^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)$/

// node-postgres gives these two no code (pg-pool index.js `connect`, pg lib/client.js `_handleErrorWhileConnecting`).
const awayMessages = /^(timeout exceeded when trying to connect|Connection terminated)/

/** Whether `error`, or what caused it, means that Postgres cannot be reached or takes no more connections right now. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && awayCodes.test(cause.code)) return true
    if (awayMessages.test(cause.message)) return true
  }
  return false
}
