import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectRoot } from '../service-command.ts'

const scriptPrefix = 'bench:'

/** Arguments of Node by the names of the benches, as package.json has them. */
export async function readBenches(): Promise<Map<string, string[]>> {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    await readFile(join(projectRoot, 'package.json'), 'utf8'),
  )
  return new Map(
    Object.entries(scripts)
      .filter(([name]) => name.startsWith(scriptPrefix))
      .map(([name, command]) => [name.slice(scriptPrefix.length), command.split(' ').slice(1)]),
  )
}
