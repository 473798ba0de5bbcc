import type { Emulator } from '../api/endpoint.ts';
import { PROGRAM } from '../commands/program.ts';
import type { AuthorizeRequest } from './authorizeRequest.ts';
import { type Html, html, words } from './html.ts';
import { heading, type Page } from './layout.ts';
import { barred, described, isOutOfRange, noteOf, type Person, whoOf } from './person.ts';
import { QR_PICTURE } from './qrPicture.ts';

/** Members on the page: a browser does not bear a whole large company. */
const SHOWN = 200;

/** Whom to be. WeCom has no such page: it knows who holds the phone. */
export function chooser(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  chosen: string | undefined,
): Page {
  const all = emulator.company.members;
  const members = all.slice(0, SHOWN).map((member) => ({ member }));
  const visitors = emulator.company.visitors.map((visitor) => ({ visitor }));
  const first = chosen ?? emulator.company.members.find(({ status }) => status === 1)?.userid;
  const group = (legend: Html, people: Person[]) =>
    html`<fieldset><legend>${legend}</legend><div class="people">${people.map((person) => choice(emulator, request, person, first))}</div></fieldset>`;
  const name = request.app?.name ?? emulator.company.name;
  const web = request.origin !== 'oauth2';
  return {
    title: {
      zh: web ? `扫码登录 ${name}` : `登录 ${name}`,
      en: `Sign in to ${name}`,
    },
    notice: words(
      '企业微信模拟器：选择你要扮演的人，真实的企业微信没有这一页',
      'WeCom emulator: choose whom to be. The real WeCom has no such page',
    ),
    body: html`<section class="card">
${heading(name, name, html`${emulator.company.name} · ${subtitle(request)}`)}
${web && scan()}
<form method="post" action="${action}">
${group(words('成员', 'Members'), members)}
${all.length > SHOWN && html`<p><small>${words(`共 ${all.length} 人，只列出前 ${SHOWN} 人；其他人：${PROGRAM} code <userid>`, `Only the first ${SHOWN} of ${all.length}. For others: ${PROGRAM} code <userid>`)}</small></p>`}
${!web && group(words('非本企业成员', 'Visitors'), visitors)}
${asksConsent(request) && box('ask', words('已同意过也再次询问', 'Ask for consent even if it was given'), false)}
${!web && box('remember', words('下次不再询问扮演谁', 'Remember whom to be'), chosen !== undefined)}
<div class="actions">${buttons(request)}</div>
</form></section>`,
  };
}

function asksConsent({ origin, scope }: AuthorizeRequest): boolean {
  return origin === 'oauth2' && scope === 'snsapi_privateinfo';
}

function subtitle(request: AuthorizeRequest): Html {
  if (request.origin !== 'oauth2') return words('网页扫码登录', 'Web login by QR code');
  return asksConsent(request)
    ? words('手动授权 snsapi_privateinfo', 'With consent: snsapi_privateinfo')
    : words('静默授权 snsapi_base', 'Silent: snsapi_base');
}

function choice(
  emulator: Emulator,
  request: AuthorizeRequest,
  person: Person,
  first?: string,
): Html {
  const { name } = 'member' in person ? person.member : person.visitor;
  const who = whoOf(person);
  const warning = warningOf(emulator, request, person);
  // A warning says the same in other words, and a visitor's note already stands in the description.
  const shownNote = 'member' in person && warning === undefined ? noteOf(person.member) : undefined;
  return html`<label class="person"><input type="radio" name="who" value="${who}" required${who === first && html` checked`}>
<span class="face" aria-hidden="true">${[...name][0] ?? ''}</span>
<span class="about"><b>${name} <small>${who.replace(/^visitor:/, '')}</small></b><span>${described(emulator, person)}</span>${shownNote !== undefined && html`<small>${shownNote}</small>`}${warning !== undefined && html`<span class="warn">${warning}</span>`}${hasConsented(emulator, request, person) && html`<small>${words('已同意授权', 'Has given consent')}</small>`}</span></label>`;
}

function warningOf(
  emulator: Emulator,
  request: AuthorizeRequest,
  person: Person,
): Html | undefined {
  const reason = barred(person);
  if (reason !== undefined) return words(reason.zh, reason.en);
  if (!isOutOfRange(emulator, request.app, person)) return undefined;
  return words('不在应用的可见范围', "Outside the app's visible range");
}

function hasConsented(emulator: Emulator, request: AuthorizeRequest, person: Person): boolean {
  if (!asksConsent(request) || !('member' in person)) return false;
  const agentid = request.app?.agentid ?? 0;
  return emulator.consents.recall(agentid, person.member.userid) !== undefined;
}

function box(name: string, text: Html, checked: boolean): Html {
  return html`<label class="remember"><input type="checkbox" name="${name}" value="1"${checked && html` checked`}><span>${text}</span></label>`;
}

function buttons(request: AuthorizeRequest): Html {
  if (request.origin === 'oauth2') {
    const next = asksConsent(request) ? words('下一步', 'Next') : words('继续', 'Continue');
    return html`<button>${next}</button>`;
  }
  return html`<button name="decision" value="approve">${words('确认登录', 'Sign in')}</button>
<button class="quiet" name="decision" value="refuse" formnovalidate>${words('取消', 'Cancel')}</button>`;
}

function scan(): Html {
  return html`<div class="scan">${QR_PICTURE}<p>${words('请使用企业微信扫描二维码登录', 'Scan the QR code with WeCom to sign in')}<br>
<small>${words('模拟器中不必扫码，在下面选择由谁扫码即可', 'No scanning here: choose who scans')}</small></p></div>`;
}
