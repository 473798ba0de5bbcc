import type { Emulator } from '../api/endpoint.ts';
import { untrustedHost } from '../api/rules.ts';
import type { PageOrigin } from '../credentials/codes.ts';
import type { App } from '../directory/types.ts';
import { type Answer, htmlAnswer } from '../wire/answer.ts';
import type { Rule } from '../wire/rule.ts';
import { type Html, html, words } from './html.ts';
import { heading, type Page } from './layout.ts';
import { redirectHost } from './redirectUri.ts';
import { UNREADABLE_REDIRECT_URI } from './rules.ts';

/**
 * An error page. The browser does not return to the program.
 *
 * @param rule for the call log
 */
export function problem(zh: string, en: string, rule: Rule, hint?: Html): Page {
  return {
    rule,
    title: { zh, en },
    notice: words('企业微信模拟器', 'WeCom emulator'),
    body: html`<section class="card">${heading('!', words(zh, en), words('企业微信在这里停下，不会返回应用', 'WeCom stops here and does not return to the app'))}${hint}</section>`,
  };
}

/**
 * What each page does with an address whose host is not a trusted domain: page OAuth goes to another page at
 * once, the QR pages say so after the scan (probed 2026-08).
 */
export function domainError(
  emulator: Emulator,
  origin: PageOrigin,
  redirectUri: string,
  rule: Rule,
): Answer | Page {
  if (origin === 'oauth2') {
    const uri = encodeURIComponent(redirectUri);
    const Location = `/wwopen/uriconfirm?err_type=domain_err&uri=${uri}`;
    return { ...htmlAnswer(302, '', { Location }), rule };
  }
  return origin === 'wwlogin'
    ? problem(
        'redirect_uri 与配置的授权完成回调域名不一致',
        'The domain of redirect_uri differs from the configured callback domain',
        rule,
        domains(emulator, redirectUri),
      )
    : problem('链接无法访问', 'This link cannot be accessed', rule, domains(emulator, redirectUri));
}

/** Which host is not among which trusted domains. @param app undefined: any app's would do */
export function untrustedRedirect(
  { company }: Emulator,
  origin: PageOrigin,
  app: App | undefined,
  redirectUri: string,
): Rule {
  const host = redirectHost(redirectUri);
  if (host === undefined) return UNREADABLE_REDIRECT_URI;
  const apps = app === undefined ? company.apps.filter(({ kind }) => kind === 'app') : [app];
  const trusted = apps.flatMap(({ trusted_domains, web_login_domains }) => [
    ...trusted_domains,
    ...(origin === 'oauth2' ? [] : web_login_domains),
  ]);
  return untrustedHost(host, apps.map(({ name }) => name).join(', '), [...new Set(trusted)]);
}

/** GET /wwopen/uriconfirm: where the browser ends up after a domain error of page OAuth. */
export function uriConfirm(emulator: Emulator, query: URLSearchParams): Page {
  const uri = query.get('uri') ?? '';
  return problem(
    'redirect_uri需使用应用可信域名',
    'redirect_uri must use a trusted domain of the app',
    untrustedRedirect(emulator, 'oauth2', undefined, uri),
    domains(emulator, uri),
  );
}

function domains(emulator: Emulator, redirectUri: string): Html {
  const apps = emulator.company.apps.filter(({ kind }) => kind === 'app');
  const items = apps.map(
    ({ name, agentid, trusted_domains, web_login_domains }) =>
      html`<li>${name} (${agentid}) ${[...trusted_domains, ...web_login_domains].map((domain) => html`<code>${domain}</code> `)}</li>`,
  );
  return html`<p>${words('收到的地址', 'Received')} <code>${redirectUri}</code></p>
<h2>${words('各应用的可信域名', 'Trusted domains of each app')}</h2>
<ul>${items}</ul>
<p><small>${words(
    '主机名和端口须完全一致，不支持通配符。修改：PATCH /__admin/apps/<agentid>，参数 trusted_domains。',
    'Host and port must match exactly, without wildcards. To change them: PATCH /__admin/apps/<agentid> with trusted_domains.',
  )}</small></p>`;
}
