import type { IncomingMessage, ServerResponse } from 'node:http';

/*
 * All servers of the local stack listen on this machine only. But the pages of any website, in a browser
 * on this machine, can send requests to them. Browsers send headers about the page:
 *
 *   Host             a name other than this machine's, if the name was rebound to 127.0.0.1
 *   Origin           the page's origin, on every request whose response its scripts could read; "null"
 *                    if the page hides it
 *   Sec-Fetch-Site   cross-site, also on requests without Origin, such as images
 *
 * Other programs send neither Origin nor Sec-Fetch-Site.
 */
const THIS_MACHINE = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** Who may call the stack from a browser, beside its own page on this machine. */
export interface KnownSites {
  /** Other origins whose pages may call the API, such as `http://localhost:5173`. */
  readonly origins: readonly string[];
  /** The origin under which other machines reach the stack; absent: none do. */
  readonly publicUrl?: string | undefined;
}

/** Endpoints that another website's form may open: OpenID Connect allows POST for both. */
const FORMS = /^\/oauth2\/(authorize|logout)(\?|$)/;

/**
 * Whether a page of another website sent the request. Navigation in a tab, by a link, WeCom's redirect or an
 * application's form, is allowed: no page can read its response.
 */
export function isFromOtherSite(
  { method, url = '', headers }: Pick<IncomingMessage, 'method' | 'url' | 'headers'>,
  { origins, publicUrl }: KnownSites,
): boolean {
  const { host, origin } = headers;
  const isPublic = publicUrl !== undefined && host === new URL(publicUrl).host;
  if (host !== undefined && !isPublic && !THIS_MACHINE.test(host)) return true;
  const isNavigation =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (isNavigation && method === 'POST' && FORMS.test(url)) return false;
  // The form of a page without a referrer has `Origin: null`.
  if (headers['sec-fetch-site'] === 'same-origin') return false;
  const own = isPublic ? publicUrl : `http://${host}`;
  if (origin !== undefined) return origin !== own && !origins.includes(origin);
  if (headers['sec-fetch-site'] !== 'cross-site') return false;
  return !(isNavigation && (method === 'GET' || method === 'HEAD'));
}

/** Refuses with 403, without any header that would let a page read the response. */
export function refuseOtherSite(response: ServerResponse): void {
  response.writeHead(403, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    connection: 'close',
  });
  response.end(
    JSON.stringify({
      code: -1,
      message:
        '本机环境拒绝来自其他网站的请求。使用自己的前端：FRONT_END=http://localhost:5173 npm start',
    }),
  );
}
