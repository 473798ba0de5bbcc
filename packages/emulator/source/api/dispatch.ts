import type { App } from '../directory/types.ts';
import {
  type Answer,
  emptyAnswer,
  errmsgWithHint,
  fileAnswer,
  jsonAnswer,
} from '../wire/answer.ts';
import { errmsgOf, Refusal } from '../wire/errcodes.ts';
import type { Incoming } from '../wire/request.ts';
import { joined, type Rule } from '../wire/rule.ts';
import { ruleOf } from '../wire/rules.ts';
import { type Call, DetailedRefusal, type Emulator, type Endpoint, FileData } from './endpoint.ts';
import { missingAnswer, missingOf } from './missing.ts';
import { ROUTES } from './routes.ts';
import {
  BANNED,
  disabledApp,
  MALFORMED,
  NEEDS_POST,
  UNKNOWN_METHOD,
  UNKNOWN_PATH,
  untrustedAddress,
  wrongKind,
} from './rules.ts';

/**
 * Answers one request below /cgi-bin/.
 *
 * @param faulty what faults make of the call
 */
export function dispatch(
  emulator: Emulator,
  incoming: Incoming,
  faulty: Pick<Call, 'wrongSecret' | 'otherMember'>,
): Answer {
  const endpoint = ROUTES.get(incoming.path);
  if (endpoint === undefined) {
    const missing = missingOf(incoming.path);
    return missing === undefined
      ? { ...emptyAnswer(404), rule: UNKNOWN_PATH }
      : missingAnswer(emulator, missing);
  }
  // What WeCom says to other methods is unverified.
  if (incoming.method !== 'GET' && incoming.method !== 'POST') {
    return { ...emptyAnswer(405), rule: UNKNOWN_METHOD };
  }
  const { body, malformed } = parseBody(incoming.body);
  try {
    const { query, ip, form: bytes, headers } = incoming;
    const form = bytes && { bytes, contentType: headers['content-type'] ?? '' };
    const call = { query, body, form, ip, ...faulty };
    const data = run(emulator, endpoint, call, incoming.method);
    if (data instanceof FileData) return fileAnswer(data.name, data.type, data.bytes);
    const ok = { errcode: 0, errmsg: malformed ? `ok. ${WARNING}` : 'ok' };
    const answer = jsonAnswer(endpoint.errcodeLast ? { ...data, ...ok } : { ...ok, ...data });
    return malformed ? { ...answer, rule: MALFORMED } : answer;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return refusalAnswer(emulator, endpoint, incoming.ip, error, malformed);
  }
}

/** An errcode in the shape this path's errors have: what a fault answers with. */
export function errorAnswer(emulator: Emulator, incoming: Incoming, errcode: number): Answer {
  return refusalAnswer(emulator, ROUTES.get(incoming.path), incoming.ip, { errcode }, false);
}

/**
 * The order of the checks: address not banned, token present, known, unexpired, address trusted, app
 * enabled, right of the token, method and parameters. Token and address come before the
 * parameters (captured on nine endpoints); the place of the address among the others is unverified.
 */
function run(emulator: Emulator, endpoint: Endpoint, call: Call, method: string) {
  const banned = emulator.badSecrets.isBanned(call.ip);
  if (banned && (endpoint.path === 'gettoken' || emulator.behaviour.banCovers === 'everything')) {
    throw new Refusal(45009, BANNED);
  }
  if (!endpoint.token) {
    checkMethod(emulator, endpoint, method);
    return endpoint.answer(emulator, call);
  }
  const app = appOfToken(emulator, call.query.get('access_token') ?? '');
  if (app.trusted_ips !== undefined && !app.trusted_ips.includes(call.ip)) {
    throw new Refusal(60020, untrustedAddress(app, call.ip));
  }
  if (!app.enabled) throw new Refusal(50003, disabledApp(app));
  if (endpoint.only !== undefined && endpoint.only !== app.kind) {
    throw new Refusal(48002, wrongKind(endpoint.only));
  }
  checkMethod(emulator, endpoint, method);
  return endpoint.answer(emulator, call, app);
}

function appOfToken(emulator: Emulator, value: string): App {
  if (value === '') throw new Refusal(41001);
  const token = emulator.tokens.find(value);
  if (token.state === 'unknown') throw new Refusal(40014);
  if (token.state === 'expired') throw new Refusal(emulator.behaviour.expiredTokenErrcode);
  const app = emulator.directory.app(token.agentid);
  if (app === undefined) throw new Refusal(40014);
  return app;
}

/** GET where POST is meant is 40058 (document 90313); for the other way round see `Behaviour`. */
function checkMethod({ behaviour }: Emulator, endpoint: Endpoint, method: string): void {
  if (method === endpoint.method) return;
  if (endpoint.method === 'POST') throw new Refusal(40058, NEEDS_POST);
  const errcode = behaviour.postToGetErrcode;
  if (errcode !== 0) throw new Refusal(errcode, ruleOf(43001));
}

const WARNING = 'Warning: wrong json format. ';

/** A body that is no JSON does not fail the call: its parameters are missing, and errmsg warns (document 90313). */
function parseBody(text: string): { body: Record<string, unknown>; malformed: boolean } {
  if (text.trim() === '') return { body: {}, malformed: false };
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) {
      return { body: { ...parsed }, malformed: false };
    }
  } catch {
    // Fall through: the same as a JSON value that is not an object.
  }
  return { body: {}, malformed: true };
}

function refusalAnswer(
  emulator: Emulator,
  endpoint: Endpoint | undefined,
  ip: string,
  refusal: { errcode: number; rule?: Rule | undefined },
  malformed: boolean,
): Answer {
  const { errcode, rule = ruleOf(errcode) } = refusal;
  const { data = {}, detail = '' } = refusal instanceof DetailedRefusal ? refusal : {};
  const bare = errcode === 40014 && endpoint?.bareInvalidToken === true;
  const text = bare
    ? errmsgOf(errcode)
    : errmsgWithHint(errcode, emulator.shownClock(), ip, detail);
  const error = { errcode, errmsg: malformed ? `${WARNING}${text}` : text };
  const empty = { ...endpoint?.empty, ...data };
  const broken = malformed ? joined(MALFORMED, rule) : rule;
  return {
    ...jsonAnswer(endpoint?.errcodeLast ? { ...empty, ...error } : { ...error, ...empty }),
    // An errcode that is named without a document is explained by the endpoint's own.
    ...(broken && { rule: { ...(endpoint && { document: endpoint.document }), ...broken } }),
  };
}
