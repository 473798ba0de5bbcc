import { createInterface } from 'node:readline/promises';

/*
 * What only a person can do: scan, consent, refuse, and save a setting in the administrator's console.
 * Against WeCom the runner asks you. The emulator has forms and an admin API for it.
 */

const PAGES = {
  oauth2: ['authorize', '/connect/oauth2/authorize'],
  wwlogin: ['login', '/wwlogin/sso/login'],
  qrConnect: ['open', '/wwopen/sso/qrConnect'],
};

/** @returns the authorize address of a page of WeCom */
export function authorizeAddress(
  settings,
  { page, app = settings.app, redirectUri, scope, state, path },
) {
  const [host, usualPath] = PAGES[page];
  const query = new URLSearchParams({
    ...(page === 'wwlogin' && { login_type: 'CorpApp' }),
    appid: settings.corpid,
    redirect_uri: redirectUri ?? app.redirectUri,
    ...(page === 'oauth2' && { response_type: 'code', scope: scope ?? 'snsapi_base' }),
    state: state ?? 'conformance',
    agentid: String(app.agentid),
  });
  const fragment = page === 'oauth2' ? '#wechat_redirect' : '';
  return `${settings[host]}${path ?? usualPath}?${query}${fragment}`;
}

/** The people of the emulator's company. */
export function emulatedPeople(settings, http) {
  const admin = (method, path, body) =>
    http.fetch(`${settings.api}/__admin/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });
  return {
    /** @returns the address that the browser comes back to, or '' if it does not */
    async signIn(request) {
      const { who = settings.member.userid, refuses } = request;
      const { headers } = await http.fetch(authorizeAddress(settings, request), {
        method: 'POST',
        body: new URLSearchParams({ who, decision: refuses ? 'refuse' : 'approve' }),
      });
      return headers.get('location') ?? '';
    },
    async saveCallback({ url, token, encodingAESKey }) {
      const { agentid } = settings.app;
      await admin('PUT', 'callbacks/app', { url, token, encodingAESKey, agentid });
      await admin('POST', 'callbacks/app/verify');
    },
    async causeEvent() {
      const { userid } = settings.member;
      await admin('POST', 'callbacks/events', { event: 'subscribe', userid });
      await admin('GET', 'deliveries?settled');
    },
    close() {},
  };
}

/** You. */
export function promptedPeople(settings) {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const asked = (text) => terminal.question(`\n${text}\n> `);
  return {
    signIn(request) {
      const who = request.who ?? settings.member.userid;
      const act = request.refuses ? 'refuse / 拒绝' : 'agree / 同意';
      return asked(
        `Open this address as ${who}, ${act}, and paste the address that the browser comes back to (empty: none).\n` +
          `以 ${who} 的身份打开下面的地址并${request.refuses ? '拒绝' : '同意'}，然后粘贴浏览器最后跳转到的地址（没有跳转则留空）。\n` +
          authorizeAddress(settings, request),
      );
    },
    saveCallback: ({ url, token, encodingAESKey }) =>
      asked(
        `Save this under 接收消息 of the app, then press Enter.\n在应用的“接收消息”中保存以下设置，然后按回车。\n` +
          `${url}\nToken ${token}\nEncodingAESKey ${encodingAESKey}`,
      ),
    causeEvent: () =>
      asked(
        `Open the app as ${settings.member.userid}, so that an event is pushed, wait a minute, then press Enter.\n` +
          `以 ${settings.member.userid} 的身份打开应用以触发事件推送，等待一分钟后按回车。`,
      ),
    close: () => terminal.close(),
  };
}
