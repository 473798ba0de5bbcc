import { finishSignIn, type SignedIn, signInAddress } from '../../../docs/front-end/wecomSignIn.ts';
import { refusalOf } from './refusal.ts';
import { address, createSteps, element, english } from './steps.ts';

/*
 * The steps of a front end: redirect the visitor to WeCom, finish the sign-in, show the member, check a
 * permission and delete the session. The rest of the page only explains these steps.
 */

/** The page and the API share an origin here; else, for example, `https://api.example.com`. */
const api = '';
/** Kept until the tab closes. A page that needs no session after a reload keeps it in a variable. */
const SESSION = 'demo.session';

const find = <T extends HTMLElement = HTMLElement>(selector: string) =>
  document.querySelector(selector) as T;
const [title, status, refusal] = [find('#title'), find('#status'), find('#refusal')];
const signInForm = find<HTMLFormElement>('#sign-in');
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
    zh: '退出：本页忘掉会话',
    en: 'this page deletes the session; WeCom has no sign-out to call',
  });
  refusal.hidden = true;
  show();
  status.textContent = '你已退出。 Signed out.';
  title.focus();
});

function signedIn(): (SignedIn & { until: number }) | undefined {
  const stored = JSON.parse(sessionStorage.getItem(SESSION) ?? 'null');
  return stored && Date.now() < stored.until ? stored : undefined;
}

/** Finishes the sign-in if the visitor comes back from WeCom. */
async function arrive(): Promise<void> {
  const back = new URL(location.href);
  if (!back.searchParams.has('state')) return;
  status.textContent = '正在登录… Signing in…';
  steps.add({
    zh: '从企业微信回来',
    en: back.searchParams.has('code') ? 'with a code for single use' : 'without a code: cancelled',
    request: address('GET', back),
    bad: !back.searchParams.has('code'),
  });
  try {
    const result = await finishSignIn({ api, fetch: steps.fetch });
    const until = Date.now() + (result?.session.expires_in ?? 0) * 1_000;
    sessionStorage.setItem(SESSION, JSON.stringify({ ...result, until }));
  } catch (error) {
    const { zh, en, said } = refusalOf(error);
    refusal.replaceChildren(element('b', zh), english(en), element('code', said ?? ''));
    refusal.hidden = false;
  }
  status.textContent = '';
}

function show(): void {
  const current = signedIn();
  signInForm.hidden = current !== undefined;
  find('#signed-in').hidden = current === undefined;
  title.firstChild?.replaceWith(current ? '已登录 ' : '企业微信登录 ');
  find('#title .en').textContent = current ? 'Signed in' : 'Sign in with WeCom';
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

function fact(zh: string, en: string, value: string): HTMLElement[] {
  const name = element('dt', `${zh} `);
  name.append(english(en));
  const text = element('dd', value || '未提供 not given');
  if (!value) text.className = 'none';
  return [name, text];
}

async function showWecom(): Promise<void> {
  const { emulatorUrl } = await (await fetch('/local/page/settings.json')).json();
  find('#wecom').textContent = emulatorUrl
    ? '模拟的企业微信 emulated WeCom'
    : '真实的企业微信 real WeCom';
  find('#wecom').classList.toggle('real', !emulatorUrl);
  const emulator = find<HTMLAnchorElement>('#emulator');
  emulator.hidden = !emulatorUrl;
  emulator.href = `${emulatorUrl}/__admin/`;
}

await Promise.all([showWecom(), arrive()]);
show();
if (signedIn()) title.focus();
