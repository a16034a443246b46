import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream'

/**
 * Deletes a message of a stream; one that is gone is no error. It is asked for again, because the server answers with
 * different codes for it, one of which stands for other failures too (10043, 10057 of its server/errors.json).
 */
export async function deleteMessage(
  { streams }: JetStreamManager,
  stream: string,
  seq: number,
): Promise<void> {
  try {
    await streams.deleteMessage(stream, seq)
  } catch (error) {
    if (!(error instanceof JetStreamApiError)) throw error
    if (await streams.getMessage(stream, { seq })) throw error
  }
}
