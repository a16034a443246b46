import { Type } from 'typebox'
import { databaseSettings, deliverySettings, natsSettings, serviceSettings } from '#libs/config/index.ts'

/** Settings of the job that is run before the services of a new version start. */
export const provisionSettings = Type.Object({
  LOG_LEVEL: serviceSettings.LOG_LEVEL,
  ...natsSettings,
  DATABASE_URL: databaseSettings.DATABASE_URL,
  ...deliverySettings,
  STREAM_REPLICAS: Type.Integer({ minimum: 1, maximum: 5, default: 1 }),
})
