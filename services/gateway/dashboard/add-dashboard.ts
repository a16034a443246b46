import { hash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import type { HttpServer } from '#libs/http/index.ts'

const folder = new URL('./browser/', import.meta.url)

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const headers = {
  'Cache-Control': 'no-cache',
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
}

const hidden = { config: { public: true }, schema: { hide: true } }

/**
 * Adds the page at `GET /dashboard`, and what it loads below that path. The files are read once, at the start. They are
 * public, and hold nothing: what the page shows it asks the APIs for, with the token of whoever looks at it.
 */
export async function addDashboard(server: HttpServer): Promise<void> {
  // What people type is not to be met by a question for a password.
  server.get('/dashboard/', hidden, (_request, reply) => reply.redirect('/dashboard', 307))
  for (const name of await readdir(folder)) {
    const type = contentTypes[extname(name)]
    if (!type) continue
    const body = await readFile(new URL(name, folder))
    const etag = `"${hash('sha256', body, 'base64url').slice(0, 22)}"`
    const path = name === 'index.html' ? '/dashboard' : `/dashboard/${name}`
    server.get(path, hidden, (request, reply) => {
      reply.headers({ ...headers, ETag: etag })
      if (request.headers['if-none-match'] === etag) return reply.code(304).send()
      return reply.type(type).send(body)
    })
  }
}
