import type { Emulator } from '../api/endpoint.ts';
import { disabledApp } from '../api/rules.ts';
import type { PageOrigin, Scope } from '../credentials/codes.ts';
import type { App } from '../directory/types.ts';
import type { Answer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { isPage, type Page } from './layout.ts';
import { domainError, problem, untrustedRedirect } from './problem.ts';
import { redirectHost } from './redirectUri.ts';
import {
  longState,
  missingParameter,
  NEEDS_CLIENT,
  PRIVATEINFO_NEEDS_AGENTID,
  wrongAgentid,
  wrongParameter,
} from './rules.ts';

/** The three ways to a code; web login works with and without the trailing slash. */
export const PAGES: Readonly<Record<string, PageOrigin>> = {
  '/connect/oauth2/authorize': 'oauth2',
  '/wwlogin/sso/login': 'wwlogin',
  '/wwlogin/sso/login/': 'wwlogin',
  '/wwopen/sso/qrConnect': 'qrConnect',
};

export interface AuthorizeRequest {
  origin: PageOrigin;
  /** Undefined when the address names no agentid, as page OAuth allows for snsapi_base. */
  app: App | undefined;
  redirectUri: string;
  redirectHost: string;
  /** Where it is checked after the scan: what the person sees then. */
  domainProblem?: Page;
  /** `""` when absent: it comes back as `state=` all the same. */
  state: string;
  scope: Scope;
}

const STATE_BYTES = 128;

/** Reads an authorize address (documents 91022, 98152 and 91019). @returns the request, or an error page */
export function authorizeRequest(
  emulator: Emulator,
  origin: PageOrigin,
  { query, headers }: Incoming,
): AuthorizeRequest | Answer | Page {
  if (origin === 'oauth2' && emulator.behaviour.requireClient && !isClient(headers['user-agent'])) {
    return problem(
      '请在企业微信客户端打开链接',
      'Please open this page in the WeCom client',
      NEEDS_CLIENT,
    );
  }
  if (origin === 'wwlogin' && query.get('login_type') !== 'CorpApp') {
    return problem(
      'login_type 参数错误',
      'login_type must be CorpApp for a self-built app',
      wrongParameter(origin, 'login_type', 'CorpApp'),
    );
  }
  if (query.get('appid') !== emulator.company.corpid) {
    return problem(
      'appid 参数错误',
      'appid must be the corpid of this company',
      wrongParameter(origin, 'appid', emulator.company.corpid),
    );
  }
  if (origin === 'oauth2' && query.get('response_type') !== 'code') {
    return problem(
      'response_type 参数错误',
      'response_type must be code',
      wrongParameter(origin, 'response_type', 'code'),
    );
  }
  const app = appOf(emulator, origin, query);
  if (app !== undefined && 'notice' in app) return app;
  const scope = scopeOf(emulator, origin, query);
  if (typeof scope !== 'string') return scope;

  const redirectUri = query.get('redirect_uri') ?? '';
  if (redirectUri === '')
    return problem(
      '缺少 redirect_uri',
      'redirect_uri is missing',
      missingParameter(origin, 'redirect_uri'),
    );
  const host = redirectHost(redirectUri);
  const rule = untrustedRedirect(emulator, origin, app, redirectUri);
  if (host === undefined) return domainError(emulator, origin, redirectUri, rule);
  const problemOfDomain = isTrusted(emulator, origin, app, host)
    ? undefined
    : domainError(emulator, origin, redirectUri, rule);
  if (problemOfDomain !== undefined && !isPage(problemOfDomain)) return problemOfDomain;
  const state = query.get('state') ?? '';
  if (origin === 'oauth2' && Buffer.byteLength(state) > STATE_BYTES) {
    return problem(
      'state 参数过长',
      `state may have at most ${STATE_BYTES} bytes`,
      longState(STATE_BYTES),
    );
  }
  return {
    origin,
    app,
    redirectUri,
    redirectHost: host,
    ...(problemOfDomain && { domainProblem: problemOfDomain }),
    state,
    scope,
  };
}

function appOf(
  emulator: Emulator,
  origin: PageOrigin,
  query: URLSearchParams,
): App | Page | undefined {
  const agentid = query.get('agentid') ?? '';
  // Only page OAuth does without. A code from there is not bound to one app: unverified.
  if (agentid === '' && origin === 'oauth2') return undefined;
  const app = /^\d{1,10}$/.test(agentid) ? emulator.directory.app(Number(agentid)) : undefined;
  if (app === undefined || app.kind !== 'app') {
    return problem(
      'agentid 参数错误',
      'There is no app with this agentid',
      wrongAgentid(origin, agentid),
    );
  }
  return app.enabled
    ? app
    : problem('应用已停用', 'The administrator has disabled this app', disabledApp(app));
}

function scopeOf(emulator: Emulator, origin: PageOrigin, query: URLSearchParams): Scope | Page {
  if (origin !== 'oauth2') return 'snsapi_base';
  const scope = query.get('scope');
  if (scope === 'snsapi_userinfo' && emulator.behaviour.userinfoScope === 'base') {
    return 'snsapi_base';
  }
  if (scope !== 'snsapi_base' && scope !== 'snsapi_privateinfo') {
    return problem(
      'scope 参数错误',
      'scope must be snsapi_base or snsapi_privateinfo',
      wrongParameter(origin, 'scope', 'snsapi_base / snsapi_privateinfo'),
    );
  }
  if (scope === 'snsapi_base' || (query.get('agentid') ?? '') !== '') return scope;
  return emulator.behaviour.privateinfoWithoutAgentid === 'base'
    ? 'snsapi_base'
    : problem('缺少 agentid', 'snsapi_privateinfo needs an agentid', PRIVATEINFO_NEEDS_AGENTID);
}

/** Exact, port included; web login accepts its own callback domains as well. Without an app: any app's domain. */
function isTrusted(
  emulator: Emulator,
  origin: PageOrigin,
  app: App | undefined,
  host: string,
): boolean {
  const apps = app === undefined ? emulator.company.apps : [app];
  return apps.some(
    ({ trusted_domains, web_login_domains }) =>
      trusted_domains.includes(host) || (origin !== 'oauth2' && web_login_domains.includes(host)),
  );
}

function isClient(userAgent = ''): boolean {
  return /wxwork|MicroMessenger/i.test(userAgent);
}
