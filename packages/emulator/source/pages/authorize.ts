import type { Emulator } from '../api/endpoint.ts';
import { UNKNOWN_METHOD } from '../api/rules.ts';
import { SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import { type Answer, emptyAnswer, htmlAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { type AuthorizeRequest, authorizeRequest, PAGES } from './authorizeRequest.ts';
import { chooser } from './chooser.ts';
import { consentPage } from './consent.ts';
import { isPage, type Page, renderPage } from './layout.ts';
import { addressOf, chooseAgain, isChoosingAgain, whoseTurn, withOwn } from './ownParameters.ts';
import { isPanel, isSentByPanel, panelAnswer } from './panel.ts';
import { PANEL_SCRIPT } from './panelScript.ts';
import { barred, isOutOfRange, type Person, personOf, whoOf } from './person.ts';
import { problem, uriConfirm } from './problem.ts';
import { redirectBack } from './redirectUri.ts';
import { rememberedPerson, rememberPerson } from './rememberedPerson.ts';
import { nobodyThere, ONLY_MEMBERS_SCAN, outOfRange, refusedBy } from './rules.ts';

const URI_CONFIRM = '/wwopen/uriconfirm';

/**
 * The authorize pages. A person chooses, and consents; a program may send the same form at once:
 * `POST <authorize address>` with `who=user123` and, where consent is asked, `decision=approve` or `refuse`
 * and optionally `fields=mobile&fields=email` (absent: what that member agrees to).
 * Returns undefined where the path is none of theirs.
 */
export function authorizePages(emulator: Emulator, incoming: Incoming): Answer | undefined {
  const origin = PAGES[incoming.path];
  if (origin === undefined && incoming.path !== URI_CONFIRM) return undefined;
  if (incoming.method !== 'GET' && incoming.method !== 'POST') {
    return { ...emptyAnswer(405), rule: UNKNOWN_METHOD };
  }
  if (origin === undefined) return renderPage(uriConfirm(emulator, incoming.query), incoming);
  const request = authorizeRequest(emulator, origin, incoming);
  const answer = answerTo(emulator, request, incoming);
  const framed = isPanel(origin, incoming);
  if (framed && isSentByPanel(incoming)) {
    return panelAnswer(answer, !('domainProblem' in request));
  }
  return isPage(answer) ? renderPage(answer, incoming, framed ? PANEL_SCRIPT : undefined) : answer;
}

function answerTo(
  emulator: Emulator,
  request: AuthorizeRequest | Answer | Page,
  incoming: Incoming,
): Answer | Page {
  if (!('redirectUri' in request)) return request;
  const action = addressOf(incoming);
  if (incoming.method === 'POST') return submitted(emulator, request, action, incoming.body);

  const who = whoseTurn(incoming.query);
  const person = who === undefined ? undefined : personOf(emulator, who);
  const turn = person && pageOf(emulator, request, action, person);
  if (turn !== undefined) return turn;
  const known =
    request.origin === 'oauth2' ? rememberedPerson(emulator, incoming.headers.cookie) : undefined;
  if (who !== undefined || known === undefined || isChoosingAgain(incoming.query)) {
    return chooser(emulator, request, action, who ?? (known && whoOf(known)));
  }
  return proceed(emulator, request, action, known);
}

function submitted(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  body: string,
): Answer | Page {
  const form = new URLSearchParams(body);
  const isRefusal = form.get('decision') === 'refuse';
  if (request.origin !== 'oauth2' && isRefusal) return refused(emulator, request);
  const who = form.get('who') ?? '';
  const person = personOf(emulator, who);
  if (person === undefined) {
    return problem('没有这个人', 'Nobody of that name', nobodyThere(who), chooseAgain(action));
  }
  if (form.get('ask') === '1') emulator.consents.forget(whoOf(person));
  const answer = decided(emulator, request, action, person, form);
  if (isPage(answer) && isRefusal) return answer;
  const sent = isPage(answer) ? asGet(answer, action, person) : answer;
  return form.get('remember') === '1' ? rememberPerson(sent, whoOf(person)) : sent;
}

/** A page has an address of its own, so that Back and reload never send the form again. */
function asGet({ rule }: Page, action: string, person: Person): Answer {
  const answer = htmlAnswer(303, '', { Location: withOwn(action, 'who', whoOf(person)) });
  return rule === undefined ? answer : { ...answer, rule };
}

function decided(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Person,
  form: URLSearchParams,
): Answer | Page {
  const decision = form.get('decision');
  if (!consents(request, person) || (decision !== 'refuse' && decision !== 'approve')) {
    return proceed(emulator, request, action, person);
  }
  const barrier = barrierOf(emulator, request, action, person);
  if (barrier !== undefined) return barrier;
  if (decision === 'refuse') return refused(emulator, request);
  const { member } = person;
  const asked = form.has('fields')
    ? form.getAll('fields')
    : (member.consents_to ?? SENSITIVE_FIELDS);
  const fields = SENSITIVE_FIELDS.filter((field) => asked.includes(field));
  emulator.consents.remember(request.app?.agentid ?? 0, member.userid, fields);
  return approved(emulator, request, person, fields);
}

/** A code if this person needs nothing more, or the page for them. */
function proceed(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Person,
): Answer | Page {
  const barrier = barrierOf(emulator, request, action, person);
  if (barrier !== undefined) return barrier;
  if (!consents(request, person)) return approved(emulator, request, person, []);
  const { userid } = person.member;
  const earlier = emulator.consents.recall(request.app?.agentid ?? 0, userid);
  return earlier === undefined
    ? consentPage(emulator, request, action, person.member)
    : approved(emulator, request, person, earlier);
}

/** The page for this person: why they cannot sign in, or consent, also if it was given already. */
function pageOf(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Person,
): Page | undefined {
  const barrier = barrierOf(emulator, request, action, person);
  if (barrier !== undefined || !consents(request, person)) return barrier;
  return consentPage(emulator, request, action, person.member);
}

/** A visitor has nothing to consent to. That snsapi_privateinfo lets one through is unverified. */
function consents(
  { origin, scope }: AuthorizeRequest,
  person: Person,
): person is Extract<Person, { member: unknown }> {
  return origin === 'oauth2' && scope === 'snsapi_privateinfo' && 'member' in person;
}

/** Why this person cannot sign in here. */
function barrierOf(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Person,
): Page | undefined {
  const again = chooseAgain(action);
  const reason = barred(person);
  if (reason !== undefined) {
    return problem(`无法登录：${reason.zh}`, `Cannot sign in. ${reason.en}`, reason, again);
  }
  // Only members can scan. Out of range, the scan itself fails; for the current page that is unverified.
  const isWeb = request.origin !== 'oauth2';
  if (isWeb && !('member' in person)) {
    return problem(
      '只有企业成员可以扫码登录',
      'Only members of the company can scan',
      ONLY_MEMBERS_SCAN,
      again,
    );
  }
  if (!(isWeb || consents(request, person)) || !isOutOfRange(emulator, request.app, person)) {
    return request.domainProblem;
  }
  return problem(
    isWeb ? '你没有权限登录该应用' : '你不在该应用的可见范围内',
    'You are outside the visible range of this app',
    outOfRange(request.origin, whoOf(person), request.app),
    again,
  );
}

function approved(
  emulator: Emulator,
  request: AuthorizeRequest,
  person: Person,
  fields: readonly SensitiveField[],
): Answer {
  const code = emulator.codes.mint({
    agentid: request.app?.agentid,
    redirectHost: request.redirectHost,
    who: 'member' in person ? { userid: person.member.userid } : { visitor: person.visitor.id },
    scope: request.scope,
    origin: request.origin,
    fields,
  });
  // The older QR page adds the corpid (reported, not documented).
  const appid = request.origin === 'qrConnect' ? emulator.company.corpid : undefined;
  return back(request, { code, state: request.state, appid });
}

/** The older QR page comes back without a code (document 91019); of the others it is unverified. */
function refused(emulator: Emulator, request: AuthorizeRequest): Answer | Page {
  const { oauthRefusal, webLoginRefusal } = emulator.behaviour;
  const way = { oauth2: oauthRefusal, wwlogin: webLoginRefusal, qrConnect: 'state' }[
    request.origin
  ];
  if (request.domainProblem !== undefined) return request.domainProblem;
  const rule = refusedBy(request.origin);
  if (way === 'stay') return problem('已取消授权', 'You refused', rule);
  return { ...back(request, { state: request.state }), rule };
}

function back(request: AuthorizeRequest, parameters: Record<string, string | undefined>): Answer {
  const location = redirectBack(request.redirectUri, parameters);
  return htmlAnswer(302, '', { Location: location, 'Cache-Control': 'no-store' });
}
