import { UserManager } from 'oidc-client-ts';

const settings = await (await fetch('/settings.json')).json();
const manager = new UserManager({
  ...settings,
  scope: 'openid profile email groups',
  loadUserInfo: true,
});

const PAGES = {
  '/': () => manager.signinRedirect(),
  '/callback': async () => show(await signedIn()),
  '/sign-out': () => manager.signoutRedirect({ state: 'where the person was' }),
  '/signed-out': async () => show(await signedOut()),
};
await PAGES[location.pathname]().catch(({ error, message }) => show({ error, message }));

async function signedIn() {
  const user = await manager.signinCallback();
  const refreshed = await manager.signinSilent();
  if (refreshed.access_token === user.access_token)
    throw new Error('The tokens were not refreshed');
  await manager.revokeTokens(['access_token', 'refresh_token']);
  // The profile is the claims of the ID token and of userinfo.
  return { idToken: payloadOf(user.id_token), userinfo: user.profile };
}

async function signedOut() {
  // It refuses a state that it has not sent.
  const { userState } = await manager.signoutCallback();
  return { state: userState, user: await manager.getUser() };
}

function payloadOf(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function show(value) {
  document.querySelector('pre').textContent = JSON.stringify(value);
}
