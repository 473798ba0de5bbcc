import type { ServerResponse } from 'node:http';
import { type Answer, nginxAnswer } from './answer.ts';
import type { Fault } from './faults.ts';
import type { Incoming } from './request.ts';

/** Damages an answer as the fault says. What needs the socket is left to `send`. */
export function damage(answer: Answer, fault: Fault | undefined, incoming: Incoming): Answer {
  switch (fault?.kind) {
    case 'html': {
      const status = fault.status ?? 502;
      return nginxAnswer(status, TITLES[status] ?? 'Error');
    }
    case 'empty':
      return { status: 200, headers: answer.headers, body: '' };
    case 'redirect':
      return nginxAnswer(301, 'Moved Permanently', { Location: httpsAddress(incoming) });
    case 'errcode-as-string':
      return { ...answer, body: answer.body.replace(/"errcode":(-?\d+)/, '"errcode":"$1"') };
    case 'huge': {
      const [start, end] = ['{"errcode":0,"errmsg":"ok","padding":"', '"}'];
      const length = (fault.bytes ?? 16 * 1024 * 1024) - start.length - end.length;
      return { ...answer, body: start + 'x'.repeat(Math.max(0, length)) + end };
    }
    default:
      return answer;
  }
}

function httpsAddress({ headers, path, rawQuery }: Incoming): string {
  const target = rawQuery === '' ? path : `${path}?${rawQuery}`;
  return `https://${headers.host ?? 'qyapi.weixin.qq.com'}${target}`;
}

const TITLES: Readonly<Record<number, string>> = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/**
 * Writes the answer, or breaks the connection or leaves it open where the fault wants that.
 *
 * @param now milliseconds, for the Date header
 */
export function send(
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  now: number,
): void {
  if (fault?.kind === 'hang') return;
  if (fault?.kind === 'reset' || fault?.kind === 'reset-reused') {
    response.socket?.resetAndDestroy();
    return;
  }
  const body = head(response, answer, now);
  const half = body.subarray(0, Math.floor(body.length / 2));
  if (fault?.kind === 'truncated') {
    response.write(half, () => response.destroy());
  } else if (fault?.kind === 'stall') {
    response.write(half);
  } else {
    response.end(body);
  }
}

/** Writes the answer in so many pieces. `pause` waits before each; it rejects when the emulator closes. */
export async function trickle(
  response: ServerResponse,
  answer: Answer,
  now: number,
  pieces: number,
  pause: () => Promise<void>,
): Promise<void> {
  const body = head(response, answer, now);
  response.flushHeaders();
  for (let piece = 0; piece < pieces; piece += 1) {
    await pause();
    const at = (of: number) => Math.floor((body.length * of) / pieces);
    response.write(body.subarray(at(piece), at(piece + 1)));
  }
  response.end();
}

/** @returns the body, of which nothing is written yet */
function head(response: ServerResponse, answer: Answer, now: number): Buffer {
  const body = Buffer.from(answer.body, answer.encoding ?? 'utf8');
  response.writeHead(answer.status, {
    Server: 'nginx',
    Date: new Date(now).toUTCString(),
    ...answer.headers,
    'Content-Length': String(body.length),
  });
  return body;
}
