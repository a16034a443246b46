import { HttpError } from '#libs/http/index.ts'

/** The headers of a part, by lower-case name. Of a repeated one the first counts. */
export type PartHeaders = ReadonlyMap<string, string>

/** Reads lines that are divided by CRLF, with continuation lines (RFC 5322, section 2.2.3). Throws `HttpError` 400. */
export function readPartHeaders(text: string): PartHeaders {
  const headers = new Map<string, string>()
  const lines = text.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  for (const line of lines.filter(one => one !== '')) {
    const colon = line.indexOf(':')
    if (colon < 1) throw new HttpError(400, 'multipart: a header of a part has no name')
    const name = line.slice(0, colon).trim().toLowerCase()
    if (!headers.has(name)) headers.set(name, line.slice(colon + 1).trim())
  }
  return headers
}

/**
 * The last part of the file name, or an empty text. Clients of ipfs-cluster send it percent-encoded (boxo
 * files/multifilereader.go, `addContentDisposition`); others send it as it is.
 */
export function fileNameOf(headers: PartHeaders): string {
  const disposition = headers.get('content-disposition') ?? ''
  const [, quoted, token] = /;\s*filename=(?:"((?:[^"\\]|\\.)*)"|([^\s;]*))/i.exec(disposition) ?? []
  const name = quoted?.replace(/\\(.)/g, '$1') ?? token ?? ''
  return (
    decoded(name)
      .split('/')
      .findLast(part => part !== '') ?? ''
  )
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '))
  } catch (error) {
    // It was not encoded, only looks so.
    if (error instanceof URIError) return name
    throw error
  }
}
