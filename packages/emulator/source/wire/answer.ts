import { randomInt } from 'node:crypto';
import { errmsgOf } from './errcodes.ts';
import type { Rule } from './rule.ts';

/** One HTTP answer, before a fault may damage it. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** `latin1` where the body is bytes, one for each character. Default: UTF-8. */
  encoding?: 'latin1';
  /** For the call log. */
  errcode?: number;
  /** For the call log: what was wrong with the call. */
  rule?: Rule;
}

/**
 * WeCom's JSON answer: HTTP 200 even for errors, compact, the errcode doubled in two headers
 * (a captured exchange; document 90313 says that errcode alone decides).
 */
export function jsonAnswer(body: Record<string, unknown>): Answer {
  const errcode = typeof body['errcode'] === 'number' ? body['errcode'] : 0;
  return {
    status: 200,
    headers: {
      'Content-Type': 'application/json; charset=UTF-8',
      'Error-Code': String(errcode),
      'Error-Msg': printable(String(body['errmsg'] ?? 'ok')),
      // Captured without its value: this one is invented.
      'X-W-No': '1',
    },
    body: JSON.stringify(body),
    errcode,
  };
}

/**
 * A file, as media/get answers with it (document 90254). The name stands in the header as UTF-8 bytes,
 * as clients that read the real one expect.
 */
export function fileAnswer(name: string, type: string, bytes: Buffer): Answer {
  const written = Buffer.from(name.replace(/["\\\r\n]/g, '_'), 'utf8').toString('latin1');
  return {
    status: 200,
    headers: {
      'Content-Type': type,
      'Content-Disposition': `attachment; filename="${written}"`,
      'Cache-Control': 'no-cache, must-revalidate',
    },
    body: bytes.toString('latin1'),
    encoding: 'latin1',
  };
}

/** An unknown path: 404 and no body at all. */
export function emptyAnswer(status: number): Answer {
  return { status, headers: {}, body: '' };
}

export function htmlAnswer(
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Answer {
  return { status, headers: { 'Content-Type': 'text/html; charset=UTF-8', ...headers }, body };
}

/** The page nginx itself would show. */
export function nginxAnswer(
  status: number,
  title: string,
  headers: Record<string, string> = {},
): Answer {
  const heading = `${status} ${title}`;
  const body =
    `<html>\r\n<head><title>${heading}</title></head>\r\n<body>\r\n` +
    `<center><h1>${heading}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;
  return { status, headers: { 'Content-Type': 'text/html', ...headers }, body };
}

/**
 * The full errmsg: `<text>, hint: [<id>], from ip: <caller>, more info at <link>`. The id is 25 decimal
 * digits of which the first ten are the unix second.
 */
export function errmsgWithHint(
  errcode: number,
  now: number,
  callerIp: string,
  detail = '',
): string {
  const second = String(Math.floor(now / 1000))
    .padStart(10, '0')
    .slice(-10);
  const rest = Array.from({ length: 15 }, () => randomInt(10)).join('');
  return (
    `${errmsgOf(errcode)}${detail}, hint: [${second}${rest}], from ip: ${callerIp}, ` +
    `more info at https://open.work.weixin.qq.com/devtool/query?e=${errcode}`
  );
}

/** A header value may hold neither line breaks nor characters outside latin-1. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
