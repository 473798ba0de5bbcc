import { UserManager } from 'oidc-client-ts';

const settings = await (await fetch('/settings.json')).json();
const manager = new UserManager({
  ...settings,
  scope: 'openid profile email groups',
  loadUserInfo: true,
});

if (location.pathname === '/callback') {
  show(await signedIn().catch(({ error, message }) => ({ error, message })));
} else {
  await manager.signinRedirect();
}

async function signedIn() {
  const user = await manager.signinCallback();
  const refreshed = await manager.signinSilent();
  if (refreshed.access_token === user.access_token)
    throw new Error('The tokens were not refreshed');
  await manager.revokeTokens(['access_token', 'refresh_token']);
  // The profile is the claims of the ID token and of userinfo.
  return { idToken: payloadOf(user.id_token), userinfo: user.profile };
}

function payloadOf(token) {
  const base64 = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/');
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

function show(value) {
  document.querySelector('pre').textContent = JSON.stringify(value);
}
