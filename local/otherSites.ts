import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * Everything here listens on this machine alone, but a browser on this machine runs the pages of any
 * website, and those can send requests to it. Browsers say which page sent a request:
 *
 *   Host             another name than this machine's own: a name that was rebound to 127.0.0.1
 *   Origin           the page, with every request whose answer its scripts could read; "null" for a
 *                    page that hides it
 *   Sec-Fetch-Site   cross-site, also with requests that carry no Origin, such as images
 *
 * Programs that are no browsers send neither Origin nor Sec-Fetch-Site.
 */
const THIS_MACHINE = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/**
 * Whether a page of another website sent the request. What a person opens in a tab, by a link or by
 * WeCom's redirect, is not refused: no page can read it.
 *
 * @param origins pages elsewhere that may ask, such as `http://localhost:5173`
 */
export function isFromOtherSite(
  { method, headers }: Pick<IncomingMessage, 'method' | 'headers'>,
  origins: readonly string[],
): boolean {
  const { host, origin } = headers;
  if (host !== undefined && !THIS_MACHINE.test(host)) return true;
  if (origin !== undefined) return origin !== `http://${host}` && !origins.includes(origin);
  if (headers['sec-fetch-site'] !== 'cross-site') return false;
  const opened =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return !(opened && (method === 'GET' || method === 'HEAD'));
}

/** Answers without any header that would let a page read the answer. */
export function refuseOtherSite(response: ServerResponse): void {
  response.writeHead(403, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(
    JSON.stringify({
      code: -1,
      message: '本机环境拒绝来自其他网站的请求。前端的来源须列入 stages/local.yml 的 corsOrigins。',
    }),
  );
}
