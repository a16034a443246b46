import { HttpError } from '#libs/http/index.ts'

/** RFC 2046, section 5.1.1: 1 to 70 characters of these, the last of them no space. */
const boundaryPattern = /^[\w'()+,\-./:=? ]{0,69}[\w'()+,\-./:=?]$/

/**
 * The boundary of a multipart body, from its content type. Throws `HttpError` 400 with the texts of Go's `net/http`,
 * which ipfs-cluster sends.
 */
export function readBoundary(contentType = ''): string {
  if (!/^multipart\/(?:form-data|mixed)[ \t]*(?:;|$)/i.test(contentType))
    throw new HttpError(400, "request Content-Type isn't multipart/form-data")
  const [, quoted, token] = /;[ \t]*boundary=(?:"([^"]*)"|([^\s;"]*))/i.exec(contentType) ?? []
  const boundary = quoted ?? token ?? ''
  if (boundary === '') throw new HttpError(400, 'no multipart boundary param in Content-Type')
  if (!boundaryPattern.test(boundary))
    throw new HttpError(
      400,
      'the multipart boundary in Content-Type is longer or stranger than RFC 2046 allows',
    )
  return boundary
}

/** A content type that every reader of multipart bodies understands. */
export const multipartType = (boundary: string): string => `multipart/form-data; boundary="${boundary}"`
