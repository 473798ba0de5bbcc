import { finishSignIn, type SignedIn, signInAddress } from '../../../docs/front-end/wecomSignIn.ts';
import { finishOpenid, isOpenidReturn, type OpenidSignIn, openidAddress } from './openid.ts';
import { refusalOf } from './refusal.ts';
import { address, createSteps, element, english, pretty } from './steps.ts';

/*
 * The steps of a front end: redirect the visitor to WeCom, finish the sign-in, show the member, check a
 * permission and delete the session. The rest of the page only explains these steps.
 */

/** The page and the API share an origin here; else, for example, `https://api.example.com`. */
const api = '';
/** Kept until the tab closes. A page that needs no session after a reload keeps it in a variable. */
const SESSION = 'demo.session';
/** The same for a sign-in by OpenID Connect. The page shows one of the two. */
const OPENID = 'demo.openid';

/** This page's client of the OpenID provider, if the local stack has one. */
let openidClient: string | undefined;

const find = <T extends HTMLElement = HTMLElement>(selector: string) =>
  document.querySelector(selector) as T;
const [title, status, refusal] = [find('#title'), find('#status'), find('#refusal')];
const signInForm = find<HTMLFormElement>('#sign-in');
const openidForm = find<HTMLFormElement>('#openid-sign-in');
const checkForm = find<HTMLFormElement>('#check');
const verdict = find('#verdict');
const steps = createSteps(find('#steps'), find('#clear'));

signInForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  const chosen = new FormData(signInForm);
  const destination = await signInAddress({
    api,
    ...(chosen.has('privateinfo') && { scope: 'snsapi_privateinfo' }),
    ...(chosen.get('mode') && { mode: chosen.get('mode') as 'oauth' | 'qr' }),
  });
  steps.add({
    zh: '去企业微信',
    en: 'the verifier stays in this tab; only its hash is sent',
    request: address('GET', new URL(destination, location.href)),
    answer: '302 → 企业微信登录页 WeCom sign-in page',
  });
  location.assign(destination);
});

openidForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  refusal.hidden = true;
  try {
    const destination = await openidAddress(openidClient ?? '', steps.fetch);
    steps.add({
      zh: '去 OpenID 提供方',
      en: 'the provider redirects to WeCom; the verifier stays in this tab',
      request: address('GET', new URL(destination)),
      answer: '303 → 企业微信登录页 WeCom sign-in page',
    });
    location.assign(destination);
  } catch (error) {
    showRefusal(error);
  }
});

checkForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  const chosen = new FormData(checkForm);
  const [userid, permission] = [String(chosen.get('userid')), String(chosen.get('permission'))];
  const path = `/api/wecom/verify/${encodeURIComponent(userid)}`;
  const headers = { authorization: `Bearer ${signedIn()?.session.access_token}` };
  verdict.className = '';
  verdict.textContent = '查询中… Checking…';
  try {
    const query = new URLSearchParams({ permission });
    const response = await steps.fetch(`${api}${path}?${query}`, { headers });
    const { data, message } = await response.json();
    const yes = data?.authorized === true;
    const no = response.ok ? `${userid} 没有权限 ${permission} · not authorized` : message;
    verdict.className = yes ? 'yes' : 'no';
    verdict.textContent = yes ? `✓ ${userid} 有权限 ${permission} · authorized` : `✗ ${no}`;
  } catch {
    verdict.className = 'no';
    verdict.textContent = '✗ 后端没有响应 · no response';
  }
});

find('#sign-out').addEventListener('click', () => {
  sessionStorage.removeItem(SESSION);
  steps.add({
    zh: '退出：本页删除会话',
    en: 'this page deletes the session; WeCom has no sign-out to call',
  });
  refusal.hidden = true;
  show();
  status.textContent = '你已退出。 Signed out.';
  title.focus();
});

find('#openid-sign-out').addEventListener('click', () => {
  const { logoutAddress } = openidSignedIn() ?? { logoutAddress: '/oauth2/logout' };
  sessionStorage.removeItem(OPENID);
  steps.add({
    zh: '退出：提供方询问是否退出',
    en: 'the provider asks, ends its session and returns here',
    request: address('GET', new URL(logoutAddress, location.href)),
  });
  location.assign(logoutAddress);
});

function openidSignedIn(): OpenidSignIn | undefined {
  const stored: OpenidSignIn | null = JSON.parse(sessionStorage.getItem(OPENID) ?? 'null');
  return stored && Date.now() < Number(stored.claims['exp']) * 1_000 ? stored : undefined;
}

function signedIn(): (SignedIn & { until: number }) | undefined {
  const stored = JSON.parse(sessionStorage.getItem(SESSION) ?? 'null');
  return stored && Date.now() < stored.until ? stored : undefined;
}

/** Finishes the sign-in if WeCom or the OpenID provider redirected here. */
async function finish(): Promise<void> {
  const back = new URL(location.href);
  if (!back.searchParams.has('state')) return;
  status.textContent = '正在登录… Signing in…';
  const isOpenid = isOpenidReturn(back.searchParams);
  const from = isOpenid ? '从 OpenID 提供方回来' : '从企业微信回来';
  const without = isOpenid ? 'without a code: refused' : 'without a code: cancelled';
  steps.add({
    zh: from,
    en: back.searchParams.has('code') ? 'with a code for single use' : without,
    request: address('GET', back),
    bad: !back.searchParams.has('code'),
  });
  try {
    if (isOpenid) {
      const result = await finishOpenid(back.searchParams, steps.fetch);
      sessionStorage.setItem(OPENID, JSON.stringify(result));
      sessionStorage.removeItem(SESSION);
    } else {
      const result = await finishSignIn({ api, fetch: steps.fetch });
      const until = Date.now() + (result?.session.expires_in ?? 0) * 1_000;
      sessionStorage.setItem(SESSION, JSON.stringify({ ...result, until }));
      sessionStorage.removeItem(OPENID);
    }
  } catch (error) {
    showRefusal(error);
  }
  status.textContent = '';
}

function showRefusal(error: unknown): void {
  const { zh, en, message } = refusalOf(error);
  refusal.replaceChildren(element('b', zh), english(en), element('code', message ?? ''));
  refusal.hidden = false;
}

function show(): void {
  const current = signedIn();
  const openid = openidSignedIn();
  const isSignedIn = current !== undefined || openid !== undefined;
  signInForm.hidden = isSignedIn;
  openidForm.hidden = isSignedIn || openidClient === undefined;
  find('#signed-in').hidden = current === undefined;
  find('#openid').hidden = openid === undefined;
  title.firstChild?.replaceWith(isSignedIn ? '已登录 ' : '企业微信登录 ');
  find('#title .en').textContent = isSignedIn ? 'Signed in' : 'Sign in with WeCom';
  if (openid) showClaims(openid);
  if (current === undefined) return;
  const { member, until } = current;
  find('#face').textContent = [...member.name][0] ?? '';
  find('#name').textContent = member.name;
  find('#place').textContent = [member.department, member.position].filter(Boolean).join(' · ');
  const time = new Date(until).toLocaleTimeString('zh-CN', { hour12: false });
  find('#facts').replaceChildren(
    ...fact('账号', 'userid', member.userid),
    ...fact('手机', 'mobile', member.mobile),
    ...fact('邮箱', 'e-mail', member.email),
    ...fact('会话至', 'until', time),
  );
  verdict.textContent = '';
  (checkForm.elements.namedItem('userid') as HTMLInputElement).value = member.userid;
}

function showClaims({ claims, userinfo }: OpenidSignIn): void {
  const name = String(userinfo['name'] || userinfo['preferred_username'] || userinfo['sub']);
  const place = [userinfo['department'], userinfo['position']];
  find('#openid-face').textContent = [...name][0] ?? '';
  find('#openid-name').textContent = name;
  find('#openid-place').textContent = place.filter(Boolean).join(' · ');
  find('#claims').replaceChildren(
    ...Object.entries(userinfo).flatMap(([claim, value]) => {
      const text = [value].flat().join(', ');
      const shown = element('dd', text || '无 none');
      if (text === '') shown.className = 'none';
      return [element('dt', claim), shown];
    }),
  );
  find('#id-token').textContent = pretty(claims);
}

function fact(zh: string, en: string, value: string): HTMLElement[] {
  const name = element('dt', `${zh} `);
  name.append(english(en));
  const text = element('dd', value || '未提供 not given');
  if (!value) text.className = 'none';
  return [name, text];
}

async function readSettings(): Promise<void> {
  const { emulatorUrl, ...settings } = await (await fetch('/local/page/settings.json')).json();
  openidClient = settings.openidClient;
  find('#wecom').textContent = emulatorUrl
    ? '模拟的企业微信 emulated WeCom'
    : '真实的企业微信 real WeCom';
  find('#wecom').classList.toggle('real', !emulatorUrl);
  const emulator = find<HTMLAnchorElement>('#emulator');
  emulator.hidden = !emulatorUrl;
  emulator.href = `${emulatorUrl}/__admin/`;
}

await Promise.all([readSettings(), finish()]);
show();
if (signedIn() || openidSignedIn()) title.focus();
