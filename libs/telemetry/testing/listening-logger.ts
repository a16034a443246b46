import { createLogger, type Logger } from '../logger.ts'

/** A logger that writes nothing. `messages` are those from level info on, in order. */
export function createListeningLogger(): { log: Logger; messages: string[] } {
  const messages: string[] = []
  const listen = (_fields: unknown, message: string) => void messages.push(message)
  const log = createLogger('test', 'silent')
  return { log: Object.assign(log, { info: listen, warn: listen, error: listen }), messages }
}
