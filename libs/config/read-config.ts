import { type Static, type TObject } from 'typebox'
import { Value } from 'typebox/value'

/** A setting is missing or out of its range. The message names each bad setting and its rule, on one line. */
export class ConfigError extends Error {
  override name = 'ConfigError'
}

/**
 * Reads the settings of `schema` from `env`, turns text into the declared types and fills in defaults.
 * An empty variable counts as not set. Throws {@link ConfigError}; never falls back to a default silently.
 */
export function readConfig<S extends TObject>(schema: S, env: NodeJS.ProcessEnv = process.env): Static<S> {
  const given = Object.fromEntries(
    Object.keys(schema.properties)
      .map(name => [name, env[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ''),
  )
  const config = Value.Default(schema, Value.Convert(schema, given))
  if (Value.Check(schema, config)) return config
  const problems = new Map<string, string>()
  for (const error of Value.Errors(schema, config)) {
    const missing = 'requiredProperties' in error.params ? error.params.requiredProperties : []
    for (const name of missing) problems.set(name, `${name} is required`)
    const name = error.instancePath.split('/')[1]
    if (name && !problems.has(name))
      problems.set(name, `${name} ${error.message} (got ${JSON.stringify(env[name])})`)
  }
  throw new ConfigError(`bad settings: ${[...problems.values()].join('; ')}`)
}
