import * as v from 'valibot';
import { InvalidRequest } from '../errors.ts';
import type { AuthorizeRequest } from '../signin/beginSignIn.ts';
import { isChallenge } from '../signin/pkce.ts';
import { opensOauthPage } from '../wecom/authorizeAddress.ts';
import type { HttpRequest } from './request.ts';

const text = v.optional(v.string(), '');

const AuthorizeQuery = v.object({
  redirect_uri: v.pipe(text, v.nonEmpty('缺少 redirect_uri')),
  code_challenge: v.pipe(
    text,
    v.nonEmpty('缺少 code_challenge'),
    v.check(isChallenge, 'code_challenge 须为 code_verifier 的 SHA-256，base64url 编码，43 个字符'),
  ),
  code_challenge_method: v.pipe(
    text,
    v.check((method) => method === 'S256', 'code_challenge_method 须为 S256'),
  ),
  scope: v.optional(
    v.picklist(
      ['snsapi_base', 'snsapi_privateinfo'],
      'scope 须为 snsapi_base 或 snsapi_privateinfo',
    ),
    'snsapi_base',
  ),
  mode: v.optional(v.picklist(['oauth', 'qr', 'panel'], 'mode 须为 oauth、qr 或 panel')),
});

/**
 * Reads the query of `GET /api/wecom/authorize`. A known parameter may appear once; unknown ones are
 * ignored. Without `mode` the browser decides: the OAuth page inside WeCom and WeChat, where a QR
 * code would be shown on the very phone that has to scan it; the QR page elsewhere. `panel` is the QR
 * page in a frame.
 *
 * @param listed the redirect URIs that may be used
 * @throws InvalidRequest; an address that is not listed is never redirected to, not even with an error
 */
export function readAuthorizeRequest(
  { rawQuery, headers }: HttpRequest,
  listed: readonly string[],
): AuthorizeRequest {
  // Not `query`: API Gateway joins repeated parameters with a comma.
  const query = new URLSearchParams(rawQuery);
  for (const name of Object.keys(AuthorizeQuery.entries)) {
    if (query.getAll(name).length > 1) throw new InvalidRequest(`${name} 只能出现一次`);
  }
  const result = v.safeParse(AuthorizeQuery, Object.fromEntries(query));
  if (!result.success) throw new InvalidRequest(result.issues[0].message);
  const { redirect_uri, code_challenge, scope, mode } = result.output;
  requireListed(redirect_uri, listed);
  return {
    redirectUri: redirect_uri,
    challenge: code_challenge,
    scope,
    mode:
      mode === 'oauth' || (!mode && opensOauthPage(headers['user-agent'] ?? '')) ? 'oauth' : 'qr',
  };
}

/**
 * Whether a script asks, which has to know the state before it leaves. A browser that opens the
 * address as a page accepts HTML.
 */
export function prefersJson({ headers }: HttpRequest): boolean {
  const accepted = (headers['accept'] ?? '').split(',').map((range) => range.split(';')[0]?.trim());
  return accepted.includes('application/json') && !accepted.includes('text/html');
}

/**
 * Compares character for character, query included (RFC 9700 §2.1): an attacker chooses whatever may
 * be appended to an address. A page keeps its own place in sessionStorage instead.
 */
function requireListed(given: string, listed: readonly string[]): void {
  if (listed.includes(given)) return;
  const [bare = ''] = given.split(/[?#]/);
  const hint =
    listed.length === 0
      ? '；REDIRECT_URIS 尚未配置'
      : listed.includes(bare)
        ? '；不能另带查询参数或片段'
        : listed.includes(`${given}/`) || listed.includes(given.replace(/\/$/, ''))
          ? '；请检查结尾的斜杠'
          : '';
  throw new InvalidRequest(
    `redirect_uri 不在允许的列表中，须与其中一项逐字相同（协议、主机、端口、路径）${hint}`,
  );
}
