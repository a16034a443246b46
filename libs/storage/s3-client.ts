import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3'

/** How to reach the store. What is left out comes from the environment and files the AWS SDK reads. */
export type ConnectionOptions = {
  /** `undefined` = AWS S3 or the SDK's `AWS_ENDPOINT_URL_S3`. */
  endpoint?: string | undefined
  region?: string | undefined
  credentials?: { accessKeyId: string; secretAccessKey: string } | undefined
  /** `http://host/bucket/key` instead of `http://bucket.host/key`: what most stores other than AWS need. */
  forcePathStyle: boolean
  /** `when-supported` adds a CRC32 to every part; some S3-compatible stores reject it. Default `when-required`. */
  requestChecksums?: 'when-required' | 'when-supported' | undefined
  /** Connections to the store at once; further requests queue. Default 256. */
  maxSockets?: number | undefined
  connectTimeoutMs?: number | undefined
}

/** One client with one pool of kept-alive connections. It neither retries nor times out: `createS3Calls` does both. */
export function createS3Client(options: ConnectionOptions): S3Client {
  const { endpoint, region, credentials, maxSockets = 256, connectTimeoutMs = 10_000 } = options
  const agent = { keepAlive: true, maxSockets }
  const config: S3ClientConfig = {
    forcePathStyle: options.forcePathStyle,
    maxAttempts: 1,
    requestChecksumCalculation:
      options.requestChecksums === 'when-supported' ? 'WHEN_SUPPORTED' : 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With this header the SDK opens a new connection for every part.
    expectContinueHeader: false,
    requestHandler: {
      httpAgent: agent,
      httpsAgent: agent,
      connectionTimeout: connectTimeoutMs,
      // The SDK's idle timer also runs while the consumer of a body is busy, so a slow reader would lose its download.
      socketTimeout: 0,
    },
  }
  if (endpoint !== undefined) config.endpoint = endpoint
  if (region !== undefined) config.region = region
  if (credentials !== undefined) config.credentials = credentials
  const client = new S3Client(config)
  leaveBodiesUnsigned(client)
  return client
}

/**
 * Uploaded bodies go as `UNSIGNED-PAYLOAD` (SigV4, "Signature Calculations for the Authorization Header"). Else the SDK hashes
 * every part with SHA-256 only for the signature. The bytes are proven by the CIDs when the stored object is read back.
 */
function leaveBodiesUnsigned(client: S3Client): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      args => {
        const { request } = args as { request: { headers: Record<string, string> } }
        if (commandName === 'UploadPartCommand' || commandName === 'PutObjectCommand') {
          request.headers['x-amz-content-sha256'] = 'UNSIGNED-PAYLOAD'
        }
        return next(args)
      },
    { step: 'build', name: 'leaveBodiesUnsigned' },
  )
}
