import { beginSignIn, finishSignIn } from '../../../docs/front-end/wecomSignIn.ts';

const page = document.querySelector('#page') as HTMLElement;
const button = document.createElement('button');
button.textContent = '企业微信登录';
button.onclick = () => beginSignIn({ api: '' });
const member = await finishSignIn({ api: '' }).catch((error: Error) => error.message);
page.append(button, document.createElement('pre'));
(page.lastElementChild as HTMLElement).textContent = JSON.stringify(member, null, 2) ?? '';
