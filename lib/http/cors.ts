import type { Answer } from './answer.ts';
import type { HttpRequest } from './request.ts';
import { allowedMethods } from './routes.ts';

/*
 * CORS is answered here and not by API Gateway, whose own setting would replace these headers.
 *
 *   path              scripts of which origins may read the answer
 *   /api/…            the stage's list (CORS_ORIGINS), without credentials
 *   /api/admin/…      none: the console is on this origin
 *   /.well-known/…    all: the documents are public and the same for everybody
 *   /oauth2/token,    those of public clients' redirect addresses, see functions/openidToken.ts
 *     userinfo, revoke
 *   anything else     none
 *
 * `*` is never sent if an answer depends on the caller, and an Origin that is not listed is never
 * reflected.
 */

type Headers = Readonly<Record<string, string>>;

/** What a script may read beyond the body and the simple headers. */
const EXPOSED: Headers = {
  'access-control-expose-headers': 'x-error-code, x-request-id, retry-after',
};
/** How long a browser may keep the answer to a preflight. */
const PREFLIGHT_SECONDS = 600;

/** The CORS headers of an answer, errors included. @param listed the stage's origins */
export function corsHeaders(
  { path, headers }: Pick<HttpRequest, 'path' | 'headers'>,
  listed: readonly string[],
): Headers {
  if (path.startsWith('/.well-known/')) return { 'access-control-allow-origin': '*', ...EXPOSED };
  if (!path.startsWith('/api/') || path.startsWith('/api/admin/')) return {};
  return listedOrigin(headers['origin'] ?? '', listed);
}

/** The headers of an answer that scripts of the listed origins may read. */
export function listedOrigin(origin: string, listed: readonly string[]): Headers {
  // Also where the origin is not listed: a cache must not give this answer to another one.
  const vary = { vary: 'Origin' };
  if (!listed.includes(origin)) return vary;
  return { 'access-control-allow-origin': origin, ...vary, ...EXPOSED };
}

/** The answer to OPTIONS on any path. Its own `corsHeaders` decide whether a browser accepts it. */
export function preflight({ path }: Pick<HttpRequest, 'path'>): Answer {
  const methods = allowedMethods(path);
  // On an unknown path, so that a script can read that it is unknown.
  const allowed = (methods.length > 0 ? methods : ['GET', 'POST']).join(', ');
  return {
    status: 204,
    body: '',
    headers: {
      allow: `${allowed}, OPTIONS`,
      'access-control-allow-methods': allowed,
      'access-control-allow-headers': 'authorization, content-type',
      'access-control-max-age': String(PREFLIGHT_SECONDS),
      vary: 'Origin',
    },
  };
}
