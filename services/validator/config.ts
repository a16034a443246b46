import { type Static, Type } from 'typebox'
import {
  carSettings,
  databaseSettings,
  healthSettings,
  jobSettings,
  natsSettings,
  readConfig,
  serviceSettings,
  storageSettings,
} from '#libs/config/index.ts'

/** Names, types and defaults; the README has what they mean. */
export const validatorSettings = Type.Object({
  ...serviceSettings,
  ...healthSettings,
  ...natsSettings,
  ...databaseSettings,
  ...storageSettings,
  ...carSettings,
  ...jobSettings,
  VALIDATE_CONCURRENCY: Type.Integer({ minimum: 1, default: 4 }),
})

/** Settings of the validator, from the environment. */
export type ValidatorConfig = Static<typeof validatorSettings>

/** Throws `ConfigError` that names each bad setting. */
export const readValidatorConfig = (): ValidatorConfig => readConfig(validatorSettings)
