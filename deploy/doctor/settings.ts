import { Type } from 'typebox'
import { carStoreSettings, databaseSettings, readConfig, storageSettings } from '#libs/config/index.ts'
import type { StorageOptions } from '#libs/storage/index.ts'
import { readKept } from '../local/private-file.ts'
import { type ReadyFile, readyFileIn } from '../local/ready-file.ts'
import { StackError } from '../local/stack-error.ts'

const settings = Type.Object({
  ...databaseSettings,
  DATABASE_URL: Type.Optional(Type.String()),
  /** Counting all pins takes longer than any query of a service. */
  DATABASE_QUERY_TIMEOUT_MS: Type.Integer({ minimum: 1, default: 3_600_000 }),
  ...carStoreSettings,
  STAGING_BUCKET: storageSettings.STAGING_BUCKET,
  KUBO_API_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
})

/** Where the parts are that are examined. */
export type Places = {
  database: { DATABASE_URL: string; DATABASE_MAX_CONNECTIONS: number; DATABASE_QUERY_TIMEOUT_MS: number }
  store: StorageOptions
  stagingBucket: string
  carBucket: string
  kuboApiUrl: string | undefined
}

/** From the settings of the services in the environment; without `DATABASE_URL`, of the Pickup that runs over `dataDir`. */
export async function readPlaces(dataDir: string): Promise<Places> {
  const { DATABASE_URL, ...config } = readConfig(settings)
  if (DATABASE_URL === undefined) return placesOf(await readyFile(dataDir), config)
  return {
    database: { ...config, DATABASE_URL },
    store: {
      region: config.AWS_REGION,
      ...(config.AWS_ENDPOINT_URL_S3 ? { endpoint: config.AWS_ENDPOINT_URL_S3 } : {}),
      forcePathStyle: config.S3_FORCE_PATH_STYLE,
    },
    stagingBucket: config.STAGING_BUCKET,
    carBucket: config.CAR_BUCKET,
    kuboApiUrl: config.KUBO_API_URL,
  }
}

function placesOf(
  { databaseUrl, kuboApiUrl, s3 }: ReadyFile,
  config: Omit<Places['database'], 'DATABASE_URL'>,
): Places {
  const { endpoint, region, stagingBucket, carBucket, ...credentials } = s3
  return {
    database: { ...config, DATABASE_URL: databaseUrl },
    store: { endpoint, region, credentials, forcePathStyle: true },
    stagingBucket,
    carBucket,
    kuboApiUrl,
  }
}

async function readyFile(dataDir: string): Promise<ReadyFile> {
  const ready = await readKept<ReadyFile>(readyFileIn(dataDir))
  if (ready) return ready
  throw new StackError(
    `DATABASE_URL is not set, and no Pickup runs over ${dataDir} (--data names another folder)`,
  )
}
