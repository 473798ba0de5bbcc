import type { Emulator } from '../api/endpoint.ts';
import { SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import { type Answer, emptyAnswer, htmlAnswer } from '../wire/answer.ts';
import type { Incoming } from '../wire/request.ts';
import { type AuthorizeRequest, authorizeRequest, PAGES } from './authorizeRequest.ts';
import { chooseAgain, isChoosingAgain, withoutChooseAgain } from './chooseAgain.ts';
import { chooser } from './chooser.ts';
import { consentPage } from './consent.ts';
import { barred, isOutOfRange, type Person, personOf, whoOf } from './person.ts';
import { problem, uriConfirm } from './problem.ts';
import { redirectBack } from './redirectUri.ts';
import { rememberedPerson, rememberPerson } from './rememberedPerson.ts';

const URI_CONFIRM = '/wwopen/uriconfirm';
const OUT_OF_RANGE = 'You are not in the visible range of this app.';

/**
 * The authorize pages. A person chooses, and consents; a program may send the same form at once:
 * `POST <authorize address>` with `who=user123` and, where consent is asked, `decision=approve` or `refuse`
 * and optionally `fields=mobile&fields=email` (absent: what that member agrees to).
 * Returns undefined where the path is none of theirs.
 */
export function authorizePages(emulator: Emulator, incoming: Incoming): Answer | undefined {
  const origin = PAGES[incoming.path];
  if (origin === undefined && incoming.path !== URI_CONFIRM) return undefined;
  if (incoming.method !== 'GET' && incoming.method !== 'POST') return emptyAnswer(405);
  if (origin === undefined) return uriConfirm(emulator, incoming.query);
  const request = authorizeRequest(emulator, origin, incoming);
  if ('status' in request) return request;
  const action = withoutChooseAgain(`${incoming.path}?${incoming.rawQuery}`);
  if (incoming.method === 'POST') return submitted(emulator, request, action, incoming.body);

  const known =
    origin === 'oauth2' ? rememberedPerson(emulator, incoming.headers.cookie) : undefined;
  if (known === undefined || isChoosingAgain(incoming.query)) {
    return chooser(emulator, request, action, known && whoOf(known));
  }
  return proceed(emulator, request, action, known, new URLSearchParams({ remember: '1' }));
}

function submitted(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  body: string,
): Answer {
  const form = new URLSearchParams(body);
  if (request.origin !== 'oauth2' && form.get('decision') === 'refuse')
    return refused(emulator, request);
  const person = personOf(emulator, form.get('who') ?? '');
  if (person === undefined) return problem('没有这个人', 'Nobody of that name: choose again.');
  const answer = proceed(emulator, request, action, person, form);
  return form.get('remember') === '1' ? rememberPerson(answer, whoOf(person)) : answer;
}

function proceed(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Person,
  form: URLSearchParams,
): Answer {
  const reason = barred(person);
  if (reason !== undefined) return problem('无法登录企业微信', reason, chooseAgain(action));
  if (request.origin !== 'oauth2') {
    // Only members can scan. Out of range, the scan itself fails; for the current page that is unverified.
    if (!('member' in person))
      return problem('无法登录', 'Only members of the company can scan.', chooseAgain(action));
    if (isOutOfRange(emulator, request.app, person)) {
      return problem('你没有权限登录该应用', OUT_OF_RANGE, chooseAgain(action));
    }
    return approved(emulator, request, person, []);
  }
  // A visitor has nothing to consent to. That snsapi_privateinfo lets one through is unverified.
  if (request.scope === 'snsapi_base' || !('member' in person)) {
    return approved(emulator, request, person, []);
  }
  return withConsent(emulator, request, action, person, form);
}

function withConsent(
  emulator: Emulator,
  request: AuthorizeRequest,
  action: string,
  person: Extract<Person, { member: unknown }>,
  form: URLSearchParams,
): Answer {
  const { member } = person;
  if (isOutOfRange(emulator, request.app, person)) {
    return problem('你不在该应用的可见范围内', OUT_OF_RANGE, chooseAgain(action));
  }
  const agentid = request.app?.agentid ?? 0;
  const earlier = emulator.consents.recall(agentid, member.userid);
  const decision = form.get('decision');
  if (decision === 'refuse') return refused(emulator, request);
  if (decision !== 'approve') {
    return earlier === undefined
      ? consentPage(emulator, request, action, member, form.has('remember'))
      : approved(emulator, request, person, earlier);
  }
  const asked = form.has('fields')
    ? form.getAll('fields')
    : (member.consents_to ?? SENSITIVE_FIELDS);
  const fields = SENSITIVE_FIELDS.filter((field) => asked.includes(field));
  emulator.consents.remember(agentid, member.userid, fields);
  return approved(emulator, request, person, fields);
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
function refused(emulator: Emulator, request: AuthorizeRequest): Answer {
  const { oauthRefusal, webLoginRefusal } = emulator.behaviour;
  const way = { oauth2: oauthRefusal, wwlogin: webLoginRefusal, qrConnect: 'state' }[
    request.origin
  ];
  if (way === 'stay') return problem('已取消授权', 'You refused; nothing was sent back.');
  return back(request, { state: request.state });
}

function back(request: AuthorizeRequest, parameters: Record<string, string | undefined>): Answer {
  const location = redirectBack(request.redirectUri, parameters);
  return htmlAnswer(302, '', { Location: location, 'Cache-Control': 'no-store' });
}
