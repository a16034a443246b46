import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliDecompressSync } from 'node:zlib'

/**
 * Unpacks an archive of fonts into a folder, and makes its sans serif the system's one: pictures look the same wherever
 * they are taken. Resolves with the file that `FONTCONFIG_FILE` names.
 */
export async function unpackFonts(archive: string, folder: string): Promise<string> {
  const plain = join(folder, 'fonts.tar')
  await writeFile(plain, brotliDecompressSync(await readFile(archive)))
  await promisify(execFile)('tar', ['--extract', '--file', plain, '--directory', folder])
  const file = join(folder, 'pickup-fonts.conf')
  await writeFile(file, configuration(folder))
  return file
}

const configuration = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir>${join(folder, 'cache')}</cachedir>
  <alias binding="same"><family>system-ui</family><prefer><family>Open Sans</family></prefer></alias>
  <alias binding="same"><family>ui-monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`
