import { JWKS_CACHE_SECONDS } from '../session/times.ts';
import type { Answer } from './answer.ts';

/** A document that anyone may read, and keep for a while. */
export function publicDocument(document: object): Answer {
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': `public, max-age=${JWKS_CACHE_SECONDS}`,
    },
    body: JSON.stringify(document),
  };
}
