/**
 * Speaks with the SDK in the page around the frame. The form is sent by the script, because the SDK's sandbox
 * allows no forms. The code goes to the origin of redirect_uri and to no other page.
 */
export const PANEL_SCRIPT = `
if (window.parent !== window) {
  const query = new URLSearchParams(location.search);
  const ready = () => parent.postMessage({ type: 'ww-iframe-handle:ready', supportChannel: false }, '*');
  const call = (name, data, origin) =>
    parent.postMessage({ type: 'ww-iframe-handle:call', args: { type: 'call', name, data } }, origin);
  addEventListener('message', ({ source, data }) => {
    if (source === parent && String(data).includes('ww-iframe-handle:init')) ready();
  });
  ready();
  if (document.querySelector('button[name=decision]')) call('onCheckWeComLogin', { isWeComLogin: false }, '*');
  addEventListener('click', async (event) => {
    const button = event.target.closest('button[name=decision]');
    if (!button) return;
    event.preventDefault();
    const body = new URLSearchParams(new FormData(button.form));
    body.set('decision', button.value);
    const response = await fetch(button.form.action, { method: 'POST', headers: { 'X-Emulator-Panel': '1' }, body });
    const { back, next, error } = await response.json();
    if (error) call('onLoginFail', error, '*');
    if (next) location.href = next;
    if (!back) return;
    const type = query.get('redirect_type') || 'top';
    const code = new URL(back).searchParams.get('code');
    if (type === 'self') location.href = back;
    else if (type !== 'callback') top.location.href = back;
    else if (code) call('onLoginSuccess', { code }, new URL(back).origin);
  });
}
`;
