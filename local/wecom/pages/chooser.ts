import type { Emulator } from '../api/endpoint.ts';
import type { Answer } from '../wire/answer.ts';
import type { AuthorizeRequest } from './authorizeRequest.ts';
import { type Html, html } from './html.ts';
import { heading, page } from './layout.ts';
import { barred, described, isOutOfRange, type Person, whoOf } from './person.ts';
import { QR_PICTURE } from './qrPicture.ts';

/** Members on the page: a browser does not bear a whole large company. */
const SHOWN = 200;

/** Whom to be. WeCom has no such page: it knows who holds the phone. */
export function chooser(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  chosen: string | undefined,
): Answer {
  const all = emulator.company.members;
  const members = all.slice(0, SHOWN).map((member) => ({ member }));
  const visitors = emulator.company.visitors.map((visitor) => ({ visitor }));
  const first = chosen ?? emulator.company.members.find(({ status }) => status === 1)?.userid;
  const group = (legend: Html, people: Person[]) =>
    html`<fieldset><legend>${legend}</legend><div class="people">${people.map((person) => choice(emulator, request, person, first))}</div></fieldset>`;
  const name = request.app?.name ?? emulator.company.name;
  const web = request.origin !== 'oauth2';
  return page({
    title: web ? `扫码登录 ${name}` : `登录 ${name}`,
    notice: html`企业微信模拟器：选择你要扮演的人，真实的企业微信没有这一页 · <span lang="en">Emulator only: choose whom to be</span>`,
    body: html`<section class="card">
${heading(name, name, `${emulator.company.name} · ${subtitle(request)}`)}
${web && scan()}
<form method="post" action="${action}">
${group(html`成员 <span class="en" lang="en">Members</span>`, members)}
${all.length > SHOWN && html`<p><small>共 ${all.length} 人，只列出前 ${SHOWN} 人 · <span lang="en">only the first ${SHOWN} of ${all.length}; for others: npm run wecom -- code &lt;userid&gt;</span></small></p>`}
${!web && group(html`非本企业成员 <span class="en" lang="en">Visitors</span>`, visitors)}
${!web && remember(chosen !== undefined)}
<div class="actions">${buttons(request)}</div>
</form></section>`,
  });
}

function subtitle({ origin, scope }: AuthorizeRequest): string {
  if (origin !== 'oauth2') return '网页扫码登录 web login';
  return scope === 'snsapi_base' ? '静默授权 snsapi_base' : '手动授权 snsapi_privateinfo';
}

function choice(
  emulator: Emulator,
  request: AuthorizeRequest,
  person: Person,
  first?: string,
): Html {
  const { name, note } = 'member' in person ? person.member : person.visitor;
  const who = whoOf(person);
  const warning =
    barred(person) ??
    (isOutOfRange(emulator, request.app, person) ? '不在可见范围 out of range' : undefined);
  // A warning says the same in other words, and a visitor's note already stands in the description.
  const shownNote = 'member' in person && warning === undefined ? note : undefined;
  return html`<label class="person"><input type="radio" name="who" value="${who}" required${who === first && html` checked`}${barred(person) !== undefined && html` disabled`}>
<span class="face" aria-hidden="true">${[...name][0] ?? ''}</span>
<span class="about"><b>${name} <small>${who.replace(/^visitor:/, '')}</small></b><span>${described(emulator, person)}</span>${shownNote !== undefined && html`<small>${shownNote}</small>`}${warning !== undefined && html`<span class="warn">${warning}</span>`}</span></label>`;
}

function remember(checked: boolean): Html {
  return html`<label class="remember"><input type="checkbox" name="remember" value="1"${checked && html` checked`}>
<span>下次不再询问 <span class="en" lang="en">Remember my choice</span></span></label>`;
}

function buttons({ origin, scope }: AuthorizeRequest): Html {
  if (origin === 'oauth2') {
    return scope === 'snsapi_base'
      ? html`<button>继续 <span lang="en">Continue</span></button>`
      : html`<button>下一步 <span lang="en">Next</span></button>`;
  }
  return html`<button name="decision" value="approve">确认登录 <span lang="en">Sign in</span></button>
<button class="quiet" name="decision" value="refuse" formnovalidate>取消 <span lang="en">Cancel</span></button>`;
}

function scan(): Html {
  return html`<div class="scan">${QR_PICTURE}<p>请使用企业微信扫描二维码登录<br>
<small>模拟器中不必扫码，在下面选择由谁扫码即可 <span lang="en">No scanning here: choose who scans</span></small></p></div>`;
}
