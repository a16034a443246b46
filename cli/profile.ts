import { mkdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { readKept, writePrivateFile } from '#deploy/local/private-file.ts'
import { CliError } from './cli-error.ts'

/** What `pickup login` keeps. */
export type Profile = { url: string; token: string; clusterAuth?: string }

/** Where it is kept. */
export const profileFile = (env: NodeJS.ProcessEnv): string =>
  join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'pickup/config.json')

/** Undefined while there is none. Throws {@link CliError} for a file that is none. */
export async function readProfile(env: NodeJS.ProcessEnv): Promise<Profile | undefined> {
  const file = profileFile(env)
  try {
    return await readKept<Profile>(file)
  } catch (error) {
    throw new CliError('usage', `${file} cannot be read: correct it, or write it anew with "pickup login"`, {
      cause: error,
    })
  }
}

/** Readable by its owner only. Resolves with its path. */
export async function writeProfile(profile: Profile, env: NodeJS.ProcessEnv): Promise<string> {
  const file = profileFile(env)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writePrivateFile(file, `${JSON.stringify(profile, undefined, 2)}\n`)
  return file
}
