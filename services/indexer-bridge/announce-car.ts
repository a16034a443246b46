import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs'
import { groupCalls } from '#libs/db/index.ts'
import type { ObjectRef } from '#libs/storage/index.ts'

/** The SDK itself would wait for ever for a server that does not answer. */
const timeoutMs = 10_000

/** SQS takes no more in one request (its API reference, SendMessageBatch). */
const maxBatch = 10

/** Enough to fill the link; what comes meanwhile makes larger batches, which SQS charges as one request. */
const maxRequests = 4

type AnnouncedCar = ObjectRef & { region: string }

/** Tells the indexer where a CAR is. Resolves when its queue has stored the message. */
export type AnnounceCar = (car: AnnouncedCar) => Promise<void>

/**
 * The body is plain text, `region/bucket/key`, as the Elastic IPFS indexer reads it (elastic-ipfs/indexer-lambda,
 * src/index.js and src/source.js). The key may hold slashes. The indexer bears repeated messages.
 */
export function createAnnounceCar(sqs: SQSClient, queueUrl: string): AnnounceCar {
  /** The reason why a message was refused, for each; a request may succeed for some and fail for others. */
  async function sendBatch(cars: readonly AnnouncedCar[]): Promise<(string | undefined)[]> {
    const Entries = cars.map(({ region, bucket, key }, i) => ({
      Id: String(i),
      MessageBody: `${region}/${bucket}/${key}`,
    }))
    const command = new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
    const { Successful = [], Failed = [] } = await sqs.send(command, {
      abortSignal: AbortSignal.timeout(timeoutMs),
    })
    const stored = new Set(Successful.map(({ Id }) => Id))
    const reasons = new Map(Failed.map(({ Id, Code, Message }) => [Id, `${Code}: ${Message ?? ''}`]))
    return Entries.map(({ Id }) => (stored.has(Id) ? undefined : (reasons.get(Id) ?? 'no answer for it')))
  }

  const send = groupCalls(sendBatch, { maxRunning: maxRequests, maxItems: maxBatch })
  return async car => {
    const refusal = await send(car)
    if (refusal !== undefined) throw new Error(`the queue refused the message for ${car.key}: ${refusal}`)
  }
}
