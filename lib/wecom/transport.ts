import type { Clock } from '../clock.ts';
import { ConnectionFailed, createTransport } from '../transport.ts';
import { WecomBadBody, WecomBadStatus, WecomTransportError } from './errors.ts';

/** One HTTP request to WeCom. */
export interface WecomRequest {
  /** Path below `/cgi-bin/`, such as `user/get`. */
  readonly api: string;
  readonly query: Record<string, string>;
  /** Sent as a JSON POST; without it the request is a GET. */
  readonly body?: Record<string, string>;
}

/**
 * Sends one request and gives the text of the answer.
 *
 * @param milliseconds until it must have come, whole
 * @throws WecomTransportError, WecomBadStatus; WecomBadBody when it is longer than 2 MB
 */
export type WecomTransport = (request: WecomRequest, milliseconds: number) => Promise<string>;

const CONNECT_MILLISECONDS = 1_000;
/** The largest answer we read is tag/get of a tag with some ten thousand members. */
const BODY_BYTES = 2 * 1024 * 1024;

/** @param baseUrl origin, with a path prefix if there is a proxy, without a trailing slash */
export function createWecomTransport(baseUrl: string, clock: Clock): WecomTransport {
  const limits = { connectMilliseconds: CONNECT_MILLISECONDS, bodyBytes: BODY_BYTES };
  const transport = createTransport(baseUrl, limits, clock);

  return async function send({ api, query, body }, milliseconds) {
    const path = `/cgi-bin/${api}?${new URLSearchParams(query)}`;
    const answer = await transport(
      body === undefined
        ? { method: 'GET', path }
        : {
            method: 'POST',
            path,
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          },
      milliseconds,
    ).catch((error: unknown) => {
      throw error instanceof ConnectionFailed ? withoutAnswer(api, error) : error;
    });
    if (answer.status !== 200) throw new WecomBadStatus(api, answer.status);
    return answer.text;
  };
}

function withoutAnswer(api: string, { why, code, reusedSocket }: ConnectionFailed) {
  switch (why) {
    case 'too-long':
      return new WecomBadBody('The answer is too long', { api, limit: BODY_BYTES });
    case 'broken': {
      const details = { api, cause: code, reusedSocket };
      return new WecomTransportError('The connection to WeCom failed', details, true);
    }
    default: {
      const phase = why === 'timeout' ? 'call' : 'connect';
      return new WecomTransportError('WeCom did not answer in time', { api, phase });
    }
  }
}
