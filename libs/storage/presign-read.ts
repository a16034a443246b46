import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import type { ObjectRef, ReadLink } from './storage.ts'
import { storageErrorOf } from './storage-errors.ts'

type Request = {
  protocol: string
  hostname: string
  port?: number
  path: string
  query: Record<string, string>
  headers: Record<string, string>
}

/** What the SDK's own signer can do beside signing headers (@smithy/signature-v4, `SignatureV4.presign`). */
type Presigner = { presign(request: Request, options: { expiresIn: number }): Promise<Request> }

/**
 * See `Storage.presignRead`. The command is built by the client as for sending, and signed instead of sent: only the
 * host is a header that the reader has to repeat.
 */
export async function presignRead(
  client: S3Client,
  { bucket, key }: ObjectRef,
  { validForMs, contentType, fileName }: ReadLink,
): Promise<string> {
  const command = new GetObjectCommand({
    Bucket: bucket,
    Key: key,
    ResponseContentType: contentType,
    ResponseContentDisposition: `attachment; filename="${fileName}"`,
  })
  let signed: Request | undefined
  command.middlewareStack.addRelativeTo(
    () => async (args: { request: unknown }) => {
      const request = args.request as Request
      const { host = '' } = request.headers
      const unsigned = { ...request, headers: { host, ...unsignedPayload } }
      const signer = (await client.config.signer()) as unknown as Presigner
      signed = await signer.presign(unsigned, { expiresIn: Math.floor(validForMs / 1_000) })
      return { response: {}, output: { $metadata: {} } }
    },
    { name: 'presignInsteadOfSending', relation: 'before', toMiddleware: 'httpSigningMiddleware' },
  )
  try {
    await client.send(command)
  } catch (error) {
    throw storageErrorOf('PresignGetObject', `${bucket}/${key}`, error)
  }
  if (!signed) throw new Error('the SDK did not come to signing')
  return urlOf(signed)
}

/** A signature in a URL covers no body (SigV4, "Authenticating Requests: Using Query Parameters"). */
const unsignedPayload = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }

function urlOf({ protocol, hostname, port, path, query }: Request): string {
  const pairs = Object.entries(query).map(([name, value]) => `${encode(name)}=${encode(value)}`)
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}?${pairs.join('&')}`
}

/** As SigV4 encodes: all but the unreserved characters of RFC 3986. */
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
