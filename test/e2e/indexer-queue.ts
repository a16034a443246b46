import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { pollUntil } from '#deploy/local/poll-until.ts'
import type { Pipeline } from './pipeline.ts'

/** Takes messages from the indexer's queue until there are `count`. Returns their bodies. */
export async function receiveAnnouncements(
  { queueUrl, servers }: Pipeline,
  count: number,
): Promise<string[]> {
  const QueueUrl = queueUrl
  const { region, accessKeyId, secretAccessKey } = servers.s3
  const credentials = { accessKeyId, secretAccessKey }
  const sqs = new SQSClient({ endpoint: servers.sqs.endpoint, region, credentials })
  const received: string[] = []
  const probe = async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    received.push(...Messages.map(({ Body = '' }) => Body))
    const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }))
    if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    if (received.length < count) throw new Error(`${received.length} of ${count} messages`)
  }
  await pollUntil(probe, { what: 'messages to the indexer', timeoutMs: 20_000 })
  sqs.destroy()
  return received
}
