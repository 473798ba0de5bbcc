import { InvalidRequest } from '../errors.ts';
import type { HttpRequest } from './request.ts';

/** API Gateway takes 10 kB of request line and headers, and the address may be percent-encoded there. */
const MAX_URL_CHARACTERS = 4_096;

/**
 * Reads the query of `GET /api/wecom/jssdk`. Its `url` may appear once; other parameters are ignored.
 *
 * @param origins of the pages that may be signed, as `location.origin` writes them
 * @returns the address of the page without its fragment, character for character as it was sent: WeCom
 *   compares it with the address that it has itself
 * @throws InvalidRequest
 */
export function readJssdkRequest({ rawQuery }: HttpRequest, origins: readonly string[]): string {
  const [given = '', ...more] = new URLSearchParams(rawQuery).getAll('url');
  if (more.length > 0) throw new InvalidRequest('url 只能出现一次');
  const [url = ''] = given.split('#', 1);
  if (url === '') throw new InvalidRequest('缺少 url');
  if (url.length > MAX_URL_CHARACTERS) {
    throw new InvalidRequest(`url 不能超过 ${MAX_URL_CHARACTERS} 个字符`);
  }
  if (/[\0-\x20\x7f\\]/.test(url)) throw new InvalidRequest('url 含有空白或控制字符');
  // Not the parsed origin: with a user name, or otherwise than a browser writes it, it is no page's address.
  if (!origins.some((origin) => url.startsWith(`${origin}/`))) {
    throw new InvalidRequest(
      'url 不在允许的来源中：须为 location.href，其来源（协议、主机、端口）在 CORS_ORIGINS 或 REDIRECT_URIS 中',
    );
  }
  return url;
}
