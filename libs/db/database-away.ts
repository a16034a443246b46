// SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown), 57014 (over time), 40001 and 40P01 (given up in favour
// of another transaction: all of it is undone), and what sockets report.
const awayCodes =
  /^(08|53|57P|57014|40001|40P01)|^E(CONNREFUSED|CONNRESET|PIPE|TIMEDOUT|HOSTUNREACH|NOTFOUND|AI_AGAIN)$/

// node-postgres gives these no code (pg-pool index.js `connect`, pg lib/client.js `_handleErrorWhileConnecting`, `query`).
const awayMessages =
  /^(timeout exceeded when trying to connect|Connection terminated|Query read timeout|Client has encountered a connection error|Client was closed)/

/** Whether `error`, or what caused it, means that Postgres cannot do it right now, and the same may succeed later. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && awayCodes.test(cause.code)) return true
    if (awayMessages.test(cause.message)) return true
  }
  return false
}
