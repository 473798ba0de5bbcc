import {
  beginSignIn,
  createWecomAuth,
  type Options,
} from '../../../packages/client/source/wecomAuth.ts';
import { createCompany, type Verdict } from './company.ts';
import { element, find, type Words, words } from './elements.ts';
import { emulator } from './emulator.ts';
import { signPage } from './jssdk.ts';
import { finishOpenid, isOpenidReturn, type OpenidSignIn, openidAddress } from './openid.ts';
import { type Shown, shownError, shownRefusal } from './refusal.ts';
import { SITUATIONS, type Situation } from './situations.ts';
import { address, createSteps, pretty } from './steps.ts';

/*
 * The steps of a front end: redirect the visitor to WeCom, finish the sign-in, ask whether the member may
 * use this page, show the member and delete the session. The rest of the page only explains these steps.
 */

/** The page and the API share an origin here; else, for example, `https://login.example.com`. */
const api = '';
/** The permission that this page needs. */
const PERMISSION = 'access';
/** A sign-in by OpenID Connect, kept until the tab closes. The page shows this one or WeCom's. */
const OPENID = 'demo.openid';

interface Settings {
  readonly emulatorUrl?: string;
  /** This page's client of the OpenID provider, if the local stack has one. */
  readonly openidClient?: string;
  readonly permissions?: readonly string[];
}

const [title, status, refusal] = [find('#title'), find('#status'), find('#refusal')];
const signInForm = find<HTMLFormElement>('#sign-in');
const openidForm = find<HTMLFormElement>('#openid-sign-in');
const steps = createSteps(find('#steps'), find('#clear'));
const auth = createWecomAuth({ api, fetch: steps.fetch, keepInTab: true });
const company = createCompany({ steps, verify, onChanged: () => askAccess(fetch) });

const settings: Settings = await (await fetch('/local/page/settings.json')).json();

/** Takes the login panel away. */
let panel: AbortController | undefined;

signInForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  const chosen = new FormData(signInForm);
  if (chosen.get('mode') === 'panel') return signInByPanel();
  const destination = await begin(
    { zh: '企业微信登录', en: 'Sign in with WeCom' },
    {
      ...(chosen.has('privateinfo') && { scope: 'snsapi_privateinfo' }),
      ...(chosen.get('mode') && { mode: chosen.get('mode') as 'oauth' | 'qr' }),
    },
  );
  if (destination) location.assign(destination);
});

/** WeCom's QR code is in a frame of this page, and gives the code to it. */
async function signInByPanel(): Promise<void> {
  showNothing();
  steps.open({ zh: '登录组件', en: 'Login panel' });
  const { createWWLoginPanel } = await import('@wecom/jssdk');
  panel = new AbortController();
  const { signal } = panel;
  const create = (options: Parameters<typeof createWWLoginPanel>[0]) => {
    const shown = createWWLoginPanel(options);
    shown.el.title = '企业微信 WeCom';
    return shown;
  };
  const lang = document.documentElement.lang === 'en' ? 'en' : 'zh';
  const params = { panel_size: 'small', lang };
  const outcome = await auth.panel(create, { el: '#panel', params, signal });
  if (signal.aborted) return;
  if (outcome.session) sessionStorage.removeItem(OPENID);
  if (outcome.refusal) showRefusal(shownRefusal(outcome.refusal));
  await showAccess();
  title.focus();
}

/** @returns WeCom's page, or undefined after showing why there is none */
async function begin(words: Words, options: Partial<Options> = {}): Promise<string | undefined> {
  showNothing();
  steps.open(words);
  return beginHere(options);
}

async function beginHere(options: Partial<Options> = {}): Promise<string | undefined> {
  const { state, address, refusal } = await beginSignIn({ api, fetch: steps.fetch, ...options });
  if (refusal) showRefusal(shownRefusal(refusal));
  else steps.bind(state);
  return address;
}

openidForm.addEventListener('submit', async (event) => {
  event.preventDefault();
  showNothing();
  steps.open({ zh: 'OpenID Connect 登录', en: 'Sign in with OpenID Connect' });
  try {
    const destination = await openidAddress(settings.openidClient ?? '', steps.fetch);
    const url = new URL(destination);
    steps.bind(url.searchParams.get('state') ?? '');
    steps.add({
      zh: '去 OpenID 提供方，由它转到企业微信；verifier 留在本标签页',
      en: 'To the provider, which redirects to WeCom; the verifier stays in this tab',
      request: address('GET', url),
    });
    location.assign(destination);
  } catch (error) {
    showRefusal(shownError(error));
  }
});

find('#sign-out').addEventListener('click', () => {
  auth.signOut();
  steps.add({
    zh: '退出：本页删除会话',
    en: 'Sign out: this page deletes the session; WeCom has no sign-out to call',
  });
  showNothing();
  show();
  showStatus({ zh: '你已退出。', en: 'You are signed out.' });
  title.focus();
});

find('#openid-sign-out').addEventListener('click', () => {
  const { logoutAddress } = openidSignedIn() ?? { logoutAddress: '/oauth2/logout' };
  sessionStorage.removeItem(OPENID);
  steps.add({
    zh: '退出：提供方询问是否退出',
    en: 'Sign out: the provider asks, ends its session and returns here',
    request: address('GET', new URL(logoutAddress, location.href)),
  });
  location.assign(logoutAddress);
});

find('#sign-page').addEventListener('click', async () => {
  const shown = find('#signed-page');
  shown.replaceChildren();
  try {
    const { url, signature, answer } = await signPage(api, steps.fetch);
    const call = answer
      ? { zh: `企业微信对 getContext 的响应：${answer}`, en: `WeCom answers getContext: ${answer}` }
      : {
          zh: '当前浏览器不是企业微信，调用没有响应。',
          en: 'This browser is not WeCom, so a call gets no answer.',
        };
    shown.append(
      element('code', {}, `${url}\n${signature}`),
      element('p', {}, ...words({ zh: `✓ 已签名。${call.zh}`, en: `✓ Signed. ${call.en}` })),
    );
  } catch (error) {
    shown.append(error instanceof Error ? error.message : JSON.stringify(error));
  }
});

find('#forget').addEventListener('click', async () => {
  await emulator('DELETE', 'consents');
  showStatus({ zh: '授权同意已清除。', en: 'All consent is forgotten.' });
});

function openidSignedIn(): OpenidSignIn | undefined {
  const stored: OpenidSignIn | null = JSON.parse(sessionStorage.getItem(OPENID) ?? 'null');
  return stored && Date.now() < Number(stored.claims['exp']) * 1_000 ? stored : undefined;
}

/** Whether a member has a permission. The session says who asks. */
async function verify(userid: string, permission: string, send: typeof fetch): Promise<Verdict> {
  const path = `/api/wecom/verify/${encodeURIComponent(userid)}`;
  const headers = { authorization: `Bearer ${auth.session?.accessToken}` };
  try {
    const query = new URLSearchParams({ permission });
    const response = await send(`${api}${path}?${query}`, { headers });
    const { data, message } = await response.json();
    if (!response.ok) return { problem: message };
    const { authorized } = data;
    // Text such as "false" would count as true.
    return typeof authorized === 'boolean'
      ? { authorized }
      : { problem: '后端的响应无法读取 / unreadable response' };
  } catch {
    return { problem: '后端没有响应 / no response' };
  }
}

/** Finishes the sign-in if WeCom or the OpenID provider redirected here. */
async function finish(): Promise<void> {
  const back = new URL(location.href);
  const state = back.searchParams.get('state');
  const isOpenid = isOpenidReturn(back.searchParams);
  if (state !== null) showStatus({ zh: '正在登录…', en: 'Signing in…' });
  if (state !== null && steps.resume(state)) {
    const from = isOpenid
      ? { zh: 'OpenID 提供方', en: 'the provider' }
      : { zh: '企业微信', en: 'WeCom' };
    const isCode = back.searchParams.has('code');
    steps.add({
      zh: `从${from.zh}返回，${isCode ? '带有一次性的 code' : '没有 code'}`,
      en: `Back from ${from.en}, ${isCode ? 'with a code for single use' : 'without a code'}`,
      request: address('GET', back),
    });
  }
  const refused = await finishByWecom();
  const shown = isOpenid ? await finishByOpenid(back.searchParams) : refused;
  showNothing();
  if (shown) showRefusal(shown);
}

async function finishByWecom(): Promise<Shown | undefined> {
  const { session, refusal } = await auth.start();
  if (session) sessionStorage.removeItem(OPENID);
  return refusal && shownRefusal(refusal);
}

async function finishByOpenid(query: URLSearchParams): Promise<Shown | undefined> {
  try {
    sessionStorage.setItem(OPENID, JSON.stringify(await finishOpenid(query, steps.fetch)));
    auth.signOut();
    return undefined;
  } catch (error) {
    return shownError(error);
  }
}

function showNothing(): void {
  panel?.abort();
  status.replaceChildren();
  refusal.hidden = true;
}

function showStatus(text: Words): void {
  status.replaceChildren(...words(text));
}

function showRefusal({ text, details, isCancel, canRepeat }: Shown): void {
  if (isCancel) {
    showStatus(text);
    return;
  }
  find('#refusal b').replaceChildren(...words(text));
  find('#refusal code').textContent = details;
  find('#repeat').hidden = !canRepeat;
  refusal.hidden = false;
}

find('#repeat').addEventListener('click', async () => {
  await finish();
  await showAccess();
  title.focus();
});

function show(): void {
  const current = auth.session;
  const openid = openidSignedIn();
  const isSignedIn = current !== undefined || openid !== undefined;
  signInForm.hidden = isSignedIn;
  openidForm.hidden = isSignedIn || settings.openidClient === undefined;
  find('#signed-in').hidden = current === undefined;
  find('#openid').hidden = openid === undefined;
  showTitle(
    isSignedIn
      ? { zh: '已登录', en: 'Signed in' }
      : { zh: '企业微信登录', en: 'Sign in with WeCom' },
  );
  if (openid) showClaims(openid);
  if (current === undefined) return;
  delete find('#signed-in').dataset['access'];
  const { member, expiresAt } = current;
  find('#face').textContent = [...member.name][0] ?? '';
  find('#name').textContent = member.name;
  find('#place').textContent = [member.department, member.position].filter(Boolean).join(' · ');
  const time = new Date(expiresAt).toLocaleTimeString('zh-CN', { hour12: false });
  find('#facts').replaceChildren(
    ...fact({ zh: '账号', en: 'Userid' }, member.userid),
    ...fact({ zh: '手机', en: 'Mobile' }, member.mobile),
    ...fact({ zh: '邮箱', en: 'E-mail' }, member.email),
    ...fact({ zh: '会话至', en: 'Session until' }, time),
  );
}

function showTitle(text: Words): void {
  title.replaceChildren(...words(text));
}

/** Greets the member only if `verify` says that they may use this page. */
function greet({ authorized, problem }: Verdict): void {
  const current = auth.session;
  if (current === undefined) return;
  find('#signed-in').dataset['access'] = authorized ? 'yes' : 'no';
  const { name } = current.member;
  const refused =
    problem === undefined
      ? { zh: '你没有访问权限', en: 'You do not have access' }
      : { zh: '无法查询权限', en: 'Your access could not be checked' };
  showTitle(authorized ? { zh: `欢迎，${name}`, en: `Welcome, ${name}` } : refused);
}

async function askAccess(send: typeof fetch): Promise<void> {
  const current = auth.session;
  if (current) greet(await verify(current.member.userid, PERMISSION, send));
}

/** Shows who is signed in, and asks whether they may use this page: a session outlives its member. */
async function showAccess(): Promise<void> {
  show();
  const current = auth.session;
  if (current) greet(await company.show(current.member.userid));
}

function showClaims({ claims, userinfo }: OpenidSignIn): void {
  const name = String(userinfo['name'] || userinfo['preferred_username'] || userinfo['sub']);
  const place = [userinfo['department'], userinfo['position']];
  find('#openid-face').textContent = [...name][0] ?? '';
  find('#openid-name').textContent = name;
  find('#openid-place').textContent = place.filter(Boolean).join(' · ');
  find('#claims').replaceChildren(
    ...Object.entries(userinfo).flatMap(([claim, value]) => [
      element('dt', {}, claim),
      shownValue([value].flat().join(', ')),
    ]),
  );
  find('#id-token').textContent = pretty(claims);
}

function fact(name: Words, value: string): HTMLElement[] {
  return [element('dt', {}, ...words(name)), shownValue(value)];
}

function shownValue(value: string): HTMLElement {
  return value
    ? element('dd', {}, value)
    : element('dd', { class: 'none' }, ...words({ zh: '未提供', en: 'Not given' }));
}

function showSituations(): void {
  find('#situation-list').replaceChildren(
    ...SITUATIONS.map((situation) => {
      const button = element(
        'button',
        { type: 'button', class: 'quiet small' },
        ...words(situation),
      );
      button.addEventListener('click', () => void play(situation));
      return element('li', {}, button);
    }),
  );
  find('#situations').hidden = false;
  find<HTMLDetailsElement>('#situations details').open = matchMedia('(min-width: 60rem)').matches;
}

/** Nobody is signed in meanwhile, so that the result is what the visitor of the situation sees. */
async function play(situation: Situation): Promise<void> {
  auth.signOut();
  sessionStorage.removeItem(OPENID);
  showNothing();
  show();
  steps.open(situation);
  try {
    await situation.run({
      async begin() {
        const destination = await beginHere();
        if (destination === undefined) throw new Error('the sign-in did not begin');
        return new URL(destination).searchParams.get('state') ?? '';
      },
      async comeBack(state, code) {
        const query = new URLSearchParams({ ...(code && { code }), state });
        history.replaceState(history.state, '', `${location.pathname}?${query}`);
        await finish();
      },
    });
  } catch (error) {
    showRefusal(shownError(error));
  }
  await showAccess();
  title.focus();
  title.scrollIntoView({ block: 'nearest' });
}

/** The emulator answers only pages on this machine: elsewhere the page does without. */
async function showEmulator(url: string): Promise<void> {
  const isReachable = await company.useEmulator(settings.permissions ?? []).then(
    () => true,
    () => false,
  );
  if (!isReachable) return;
  find<HTMLAnchorElement>('#emulator').href = `${url}/__admin/`;
  for (const each of document.querySelectorAll<HTMLElement>('.emulated')) each.hidden = false;
  showSituations();
}

find('#wecom').replaceChildren(
  ...words(
    settings.emulatorUrl
      ? { zh: '模拟的企业微信', en: 'Emulated WeCom' }
      : { zh: '真实的企业微信', en: 'Real WeCom' },
  ),
);
find('#wecom').classList.toggle('real', !settings.emulatorUrl);
if (settings.emulatorUrl) await showEmulator(settings.emulatorUrl);
await finish();
await showAccess();
if (auth.session || openidSignedIn()) title.focus();
