import type { Answer } from './answer.ts';
import { readForm } from './openidServer.ts';
import type { HttpRequest } from './request.ts';

/**
 * Moves the credentials of `client_secret_post` into the header of `client_secret_basic`.
 *
 * The library takes one method for each client. Amazon Cognito posts whatever discovery says, most
 * others send a header, and the administrator who registers a client cannot know which. A request with
 * both is left as it is: the library refuses it.
 */
export function readTokenRequest(request: HttpRequest): HttpRequest {
  if (request.method !== 'POST' || request.headers['authorization'] !== undefined) return request;
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type)) return request;
  const form = readForm(request);
  const [id, ...otherIds] = form.getAll('client_id');
  const [secret, ...otherSecrets] = form.getAll('client_secret');
  // The library refuses repeated parameters.
  if (!id || !secret || otherIds.length > 0 || otherSecrets.length > 0) return request;
  form.delete('client_secret');
  form.delete('client_id');
  // RFC 6749 §2.3.1: both are form-urlencoded before they are joined.
  const credentials = [id, secret].map((text) => encodeURIComponent(text)).join(':');
  return {
    ...request,
    headers: {
      ...request.headers,
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: form.toString(),
    isBase64Encoded: false,
  };
}

/**
 * Gives the empty answer of a revocation a body of JSON. The library calls it text/plain, which
 * oidc-client-ts refuses. RFC 7009 §2.2: clients ignore the body.
 */
export function withJsonBody(answer: Answer): Answer {
  if (answer.body !== '' || answer.status !== 200) return answer;
  const { 'content-length': _none, ...headers } = answer.headers ?? {};
  return {
    ...answer,
    headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
    body: '{}',
  };
}
