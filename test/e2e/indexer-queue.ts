import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Pipeline } from './pipeline.ts'

type Queue = Disposable & {
  /** Takes up to ten messages, and returns their bodies: none when the queue is empty. */
  take: () => Promise<string[]>
}

function openQueue({ queueUrl: QueueUrl, servers }: Pipeline): Queue {
  const { region, accessKeyId, secretAccessKey } = servers.s3
  const credentials = { accessKeyId, secretAccessKey }
  const sqs = new SQSClient({ endpoint: servers.sqs.endpoint, region, credentials })
  return {
    async take() {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      )
      const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
      if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      return Messages.map(({ Body = '' }) => Body)
    },
    [Symbol.dispose]: () => sqs.destroy(),
  }
}

/** Takes messages from the indexer's queue until there are `count`. Returns their bodies. */
export async function receiveAnnouncements(pipeline: Pipeline, count: number): Promise<string[]> {
  using queue = openQueue(pipeline)
  const received: string[] = []
  const probe = async () => {
    received.push(...(await queue.take()))
    if (received.length < count) throw new Error(`${received.length} of ${count} messages`)
  }
  await pollUntil(probe, { what: 'messages to the indexer', timeoutMs: 20_000 })
  return received
}

/** Takes what is in the indexer's queue now. Returns the bodies. */
export async function drainAnnouncements(pipeline: Pipeline): Promise<string[]> {
  using queue = openQueue(pipeline)
  const received: string[] = []
  for (;;) {
    const taken = await queue.take()
    if (taken.length === 0) return received
    received.push(...taken)
  }
}
