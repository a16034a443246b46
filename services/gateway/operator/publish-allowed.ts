import { HttpError } from '#libs/http/index.ts'

/** Resolves when NATS has stored the message. */
export type PublishMessage = (message: { id: string; subject: string; body: Uint8Array }) => Promise<void>

/**
 * Refuses with `HttpError` 422 what the gateway has no right to publish. It may ask for work, and say nothing about its
 * results: whoever takes over a gateway must not be able to call a pin proven.
 */
export const publishAllowed =
  (publish: PublishMessage): PublishMessage =>
  async message => {
    if (message.subject !== 'pin.requested')
      throw new HttpError(
        422,
        `the gateway may not publish ${message.subject}: replay this letter with npm run dlq`,
      )
    await publish(message)
  }
