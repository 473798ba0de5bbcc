import type { ServerResponse } from 'node:http';
import { type Answer, nginxAnswer } from './answer.ts';
import type { Fault } from './faults.ts';

/** Damages an answer as the fault says. `reset` and `truncated` are left to `send`: they need the socket. */
export function damage(
  answer: Answer,
  fault: Fault | undefined,
  host: string,
  target: string,
): Answer {
  switch (fault?.kind) {
    case 'html': {
      const status = fault.status ?? 502;
      return nginxAnswer(status, TITLES[status] ?? 'Error');
    }
    case 'empty':
      return { status: 200, headers: answer.headers, body: '' };
    case 'redirect':
      return nginxAnswer(301, 'Moved Permanently', { Location: `https://${host}${target}` });
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

const TITLES: Readonly<Record<number, string>> = {
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
};

/** Writes the answer, or breaks the connection where the fault wants that. Returns the status that went out. */
export function send(response: ServerResponse, answer: Answer, fault: Fault | undefined): number {
  if (fault?.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return 0;
  }
  const body = Buffer.from(answer.body, 'utf8');
  response.writeHead(answer.status, {
    Server: 'nginx',
    ...answer.headers,
    'Content-Length': String(body.length),
  });
  if (fault?.kind === 'truncated') {
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  } else {
    response.end(body);
  }
  return answer.status;
}
