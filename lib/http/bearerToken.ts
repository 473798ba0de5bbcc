import type { HttpRequest } from './request.ts';

/** @returns the token of `Authorization: Bearer …`; nothing for any other header */
export function bearerToken({ headers }: Pick<HttpRequest, 'headers'>): string | undefined {
  return /^Bearer +([\w.~+/-]+=*)$/i.exec(headers['authorization'] ?? '')?.[1];
}
