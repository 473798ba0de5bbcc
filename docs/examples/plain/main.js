import { createWecomAuth } from './wecomAuth.js';

const api = 'http://localhost:3000';
const auth = createWecomAuth({ api });
const isChinese = navigator.language.startsWith('zh');
const text = (zh, en) => (isChinese ? zh : en);
const element = (id) => document.getElementById(id);

auth.on('change', show);
element('sign-in').onclick = async () => refuse((await auth.signIn()).refusal);
element('sign-out').onclick = () => auth.signOut();

// It finishes the sign-in if WeCom came back to this page. Inside WeCom it signs in without a click.
auth.start().then(({ session, refusal }) => {
  if (session === undefined) show();
  refuse(refusal);
});

async function show() {
  const { session } = auth;
  element('sign-in').hidden = session !== undefined;
  element('sign-out').hidden = session === undefined;
  element('who').textContent = session ? `${session.member.name} (${session.member.userid})` : '';
  element('permission').textContent = '';
  refuse(undefined);
  if (session === undefined) return;
  const permitted = await isPermitted(session, 'report:read');
  if (auth.session === session) element('permission').textContent = wording(permitted);
}

function wording(permitted) {
  if (permitted === undefined) return text('无法查询权限，请稍后再试', 'Try again later');
  return permitted
    ? text('可以查看报表', 'May read reports')
    : text('不能查看报表', 'May not read reports');
}

/** For what the page shows. The back end that acts checks it again. */
async function isPermitted({ member, accessToken }, permission) {
  const query = new URLSearchParams({ permission });
  try {
    const response = await fetch(`${api}/api/wecom/verify/${member.userid}?${query}`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    const { authorized } = response.ok ? (await response.json()).data : {};
    return typeof authorized === 'boolean' ? authorized : undefined;
  } catch {
    return undefined;
  }
}

function refuse(refusal) {
  element('refusal').textContent = refusal ? text(refusal.text.zh, refusal.text.en) : '';
}
