import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { FIXTURE_KEYS } from '../../packages/emulator/source/callbacks/fixtureKeys.ts';
import { Browser } from '../harness/browser.ts';
import { envelope, eventXml, pushQuery, seal } from '../harness/callbackRequest.ts';
import { type Alarm, type Change, changesOf } from '../harness/cloudWatch/alarm.ts';
import {
  type DataPoint,
  dataPointsOf,
  filteredPoints,
  type MetricFilter,
} from '../harness/cloudWatch/dataPoints.ts';
import { evaluateExpression, type Value } from '../harness/cloudWatch/expression.ts';
import { begin, redeem } from '../harness/journey.ts';
import { people } from '../harness/people.ts';
import { permit } from '../harness/permit.ts';
import {
  authorization,
  basic,
  GRAFANA,
  isWecom,
  type OpenidStack,
  PAGE,
  postToken,
  redemption,
  returnAddress,
  signIn as signInTo,
  startOpenid,
} from '../harness/relyingParty.ts';
import {
  type Instance,
  REDIRECT_URI,
  SECRET_PARAMETER,
  type Settings,
  type Stack,
} from '../harness/stack.ts';
import { type Json, ofType, render, type Template } from './render.ts';

/*
 * Which alarms ring in an outage. The outage is made on the real functions; the data points are read
 * from the log lines that they wrote, and the alarms are those of the packaged template. What API Gateway
 * itself counts is made of its responses.
 */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const PROD: Settings = { STAGE: 'prod' };

let template: Template;
let openid: OpenidStack;
let stack: Stack;
let api: Instance;
let alarms: Record<string, Alarm>;
/** How far the clock of our code and of the emulator is ahead. */
let ahead = 0;
/** Of API Gateway. */
let responses: { at: number; status: number; milliseconds: number }[] = [];
/** Of API Gateway, with what reached no function. */
let accessLog: { at: number; line: Record<string, unknown> }[] = [];
let linesBefore = 0;

const realNow = Date.now;

beforeAll(async () => {
  vi.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  template = await render('provider');
  alarms = ofType(template, 'AWS::CloudWatch::Alarm') as unknown as Record<string, Alarm>;
  openid = await startOpenid(PROD);
  ({ stack, api } = openid);
  stack.background['STAGE'] = 'prod';
  for (const userid of ['qianer', 'lisi']) await permit(stack, `member#${userid}`);

  const { fetch } = globalThis;
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (...request) => {
    const start = performance.now();
    const response = await fetch(...request);
    if (response.headers.has('x-request-id')) {
      const milliseconds = performance.now() - start;
      responses.push({ at: Date.now(), status: response.status, milliseconds });
    }
    return response;
  });
}, 200_000);

beforeEach(() => {
  // No membership and no token is still fresh.
  ahead += 25 * HOUR;
  responses = [];
  accessLog = [];
  linesBefore = stack.printed.length;
});

function dataPoints(): DataPoint[] {
  const ofApi = {
    namespace: 'AWS/ApiGateway',
    dimensions: { ApiId: '{"Ref":"HttpApi"}', Stage: '$default' },
  };
  const filters = Object.values(ofType(template, 'AWS::Logs::MetricFilter')) as unknown[];
  const lines = stack.log().slice(linesBefore - stack.printed.length);
  return [
    ...dataPointsOf(lines),
    ...filters.flatMap((filter) => filteredPoints(filter as MetricFilter, accessLog)),
    ...responses.flatMap(({ at, status, milliseconds }) => [
      { ...ofApi, name: '5xx', at, value: Number(status >= 500) },
      { ...ofApi, name: 'Latency', at, value: milliseconds },
    ]),
  ];
}

/** Every alarm whose state has changed, with its changes. */
function changes(from: number): Record<string, Change[]> {
  const points = dataPoints();
  const all = Object.entries(alarms).map(
    ([id, alarm]) => [id, changesOf(alarm, points, from, Date.now())] as const,
  );
  return Object.fromEntries(all.filter(([, each]) => each.length > 0));
}

/** @param fields replace those of the request that a right front end sends */
async function signIn(who: string, at = api, fields: Record<string, unknown> = {}): Promise<void> {
  const journey = await begin(at.url).catch(() => undefined);
  if (journey === undefined) return;
  const { state, verifier: code_verifier } = journey;
  const code = stack.wecom.codes.mint({ userid: who });
  await redeem(at.url, { code, state, code_verifier, ...fields });
}

/** A sign-in at a program. */
async function signInAtProgram(who: string, browser = new Browser()): Promise<void> {
  const begun = authorization(api);
  const isThere = (address: string) =>
    isWecom(stack)(address) || address.startsWith(GRAFANA.redirectUri);
  const page = await browser.follow(begun.address, isThere).catch(() => undefined);
  if (page === undefined) return;
  await browser.visit(returnAddress(openid, page, who));
}

async function get(path: string, at = api): Promise<void> {
  await (await fetch(at.url + path, { redirect: 'manual' })).arrayBuffer();
}

const verify = (userid: string) => get(`/api/wecom/verify/${userid}`);

async function push(
  encodingAesKey = FIXTURE_KEYS.contacts.encodingAESKey,
  fields: Record<string, string> = { Event: 'nobody_knows' },
): Promise<void> {
  const receiveId = stack.wecom.company.corpid;
  const { token } = FIXTURE_KEYS.contacts;
  const message = eventXml(receiveId, { ...fields, Nonce: String(Math.random()) });
  const sealed = seal({ token, encodingAesKey, receiveId }, message);
  await fetch(`${api.url}/api/wecom/callback/contacts?${pushQuery(sealed)}`, {
    method: 'POST',
    body: envelope(sealed, receiveId),
  });
}

/** Five minutes of an ordinary day. */
async function ordinary(): Promise<void> {
  for (const who of ['user123', 'qianer', 'lisi', 'user123']) await signIn(who);
  for (const who of ['user123', 'qianer', 'lisi', 'nobody']) await verify(who);
  await signInAndRedeem();
  await get('/.well-known/jwks.json');
  await push();
}

/** What visitors and strangers do wrong in five minutes. */
async function mistakes(): Promise<void> {
  const journey = await begin(api.url);
  const code = stack.wecom.codes.mint({ userid: 'user123' });
  const body = { code, state: journey.state, code_verifier: journey.verifier };
  await redeem(api.url, { ...body, state: 'x'.repeat(32) });
  await redeem(api.url, { ...body, code_verifier: 'x'.repeat(43) });
  for (let times = 0; times < 3; times += 1) await redeem(api.url, { code: 'expired-long-ago' });
  await redeem(api.url, '{');
  await verify('%20');
  await get('/api/wecom/authorize?redirect_uri=https://evil.example/');
  await get('/api/wecom/callback/app?msg_signature=a&timestamp=1&nonce=2&echostr=c');
  await get('/wp-login.php');
  await get('/oauth2/authorize?client_id=unknown');
  await get('/oauth2/authorize?client_id=grafana&redirect_uri=https://evil.example/');
  await get('/oauth2/wecom?code=x&state=y');
  const form = { grant_type: 'authorization_code', code: 'x' };
  for (let times = 0; times < 5; times += 1) {
    await postToken(api, form, { authorization: `Basic ${btoa('grafana:wrong')}` });
  }
}

const BAD_REDIRECT =
  '/oauth2/authorize?client_id=grafana&response_type=code&scope=openid&redirect_uri=https://x.example/';
const NO_CODE = { grant_type: 'authorization_code', code: 'x' };

/** @param parameters override the usual ones */
async function authorize(parameters: Record<string, string>, browser = new Browser()) {
  await browser.visit(authorization(api, GRAFANA, parameters).address);
}

async function toWecomOnly(): Promise<void> {
  await new Browser().follow(authorization(api).address, isWecom(stack));
}

/**
 * A sign-in at a program, which then redeems the code.
 *
 * @param fields replace those of the form that redeems it
 */
async function signInAndRedeem(fields: Record<string, string> = {}): Promise<void> {
  const begun = authorization(api);
  const back = await signInTo(openid, new Browser(), begun, 'qianer').catch(() => undefined);
  if (back === undefined) return;
  const { form, headers } = redemption(begun, back);
  await postToken(api, { ...form, ...fields }, headers);
}

async function redeemAs(secret: string): Promise<void> {
  await postToken(api, NO_CODE, basic(GRAFANA.id, secret));
}

/** What anybody can send who knows the addresses of the front end and the programs. */
const ANONYMOUS: Record<string, () => Promise<unknown>> = {
  'authorize with another redirect address': () =>
    get('/api/wecom/authorize?redirect_uri=https://evil.example/'),
  'authorize without a challenge': () =>
    get(`/api/wecom/authorize?redirect_uri=${encodeURIComponent(REDIRECT_URI)}`),
  'authorize as the front end does': () => begin(api.url),
  'getUserInfo with an invented code': () => redeem(api.url, { code: 'invented' }),
  'getUserInfo with a state of its own and an invented code': async () => {
    const { state, verifier: code_verifier } = await begin(api.url);
    await redeem(api.url, { code: 'invented', state, code_verifier });
  },
  'getUserInfo with an invented state': () =>
    redeem(api.url, { code: 'invented', state: 'x'.repeat(32), code_verifier: 'x'.repeat(43) }),
  'getUserInfo without a body': () => redeem(api.url, '{'),
  'jssdk of a page that is not listed': () => get('/api/wecom/jssdk?url=https://evil.example/'),
  'jssdk of a page that is': () => get(`/api/wecom/jssdk?url=${encodeURIComponent(REDIRECT_URI)}`),
  'verify of nobody': () => verify('%20'),
  'verify of a userid that does not exist': () => verify('invented'),
  'a callback that nobody signed': () =>
    get('/api/wecom/callback/app?msg_signature=a&timestamp=1&nonce=2&echostr=c'),
  'a callback of a channel that is not there': () =>
    get('/api/wecom/callback/none?msg_signature=a&timestamp=1&nonce=2&echostr=c'),
  'a path that is not there': () => get('/wp-login.php'),
  'an unknown client': () => get('/oauth2/authorize?client_id=unknown'),
  'a redirect address that is not the client’s': () => get(BAD_REDIRECT),
  'a scope that is not offered': () => authorize({ scope: 'profile' }),
  'prompt=none without a session': () => authorize({ prompt: 'none' }),
  'a program’s sign-in that is not finished': toWecomOnly,
  'a return without a state': () => get('/oauth2/wecom?code=x&state=y'),
  'a return of its own with an invented code': async () => {
    const browser = new Browser();
    const shown = await browser.follow(authorization(api).address, isWecom(stack));
    const state = new URL(shown).searchParams.get('state') ?? '';
    await browser.visit(`${api.url}/oauth2/wecom?code=invented&state=${state}`);
  },
  'a wrong secret': () => redeemAs('wrong'),
  'a public client with an invented code': () =>
    postToken(api, { ...NO_CODE, client_id: PAGE.id, code_verifier: 'x'.repeat(43) }),
  'userinfo without a token': () => get('/oauth2/userinfo'),
  'a logout with an invented hint': () => get('/oauth2/logout?id_token_hint=x'),
  'the account without a session': () => get('/oauth2/account'),
  'an interaction that is not there': () => get(`/oauth2/authorize/${'x'.repeat(21)}`),
};

/** Runs traffic some times, each time after some minutes. */
async function repeat(times: number, minutes: number, traffic: () => Promise<unknown>) {
  for (let round = 0; round < times; round += 1) {
    ahead += minutes * MINUTE;
    await traffic();
  }
}

interface Outage {
  readonly begin: () => void | Promise<void>;
  readonly traffic: () => Promise<void>;
  readonly end: () => void;
  /** The logical ids of the alarms that ring. */
  readonly rings: readonly string[];
  /** How many times the traffic runs, every six minutes. Default: 12. */
  readonly rounds?: number;
  /** How long after the beginning the last alarm rings. Default: 20. */
  readonly ringsWithinMinutes?: number;
  /** How long after the end the last alarm ends. Default: what looks at the last hour. */
  readonly endsWithinMinutes?: number;
}

/** Of the alarms that look at the last four hours, and at how long it lasts. */
const LASTING = { rounds: 30, ringsWithinMinutes: 100, endsWithinMinutes: 4 * 60 };

const SECRET_WRONG = 'not-the-secret-of-any-app';

const several = (times: number, one: () => Promise<unknown>) => async () => {
  for (let at = 0; at < times; at += 1) await one();
};
/** So many that five of them are not one person. */
const MEMBERS = ['qianer', 'lisi', 'user123', 'liuzong', 'hezhuanjia'];
const each = (all: readonly string[], one: (who: string) => Promise<void>) => async () => {
  for (const who of all) await one(who);
};
const fault = (...which: Parameters<Stack['wecom']['faults']['add']>) => ({
  begin: () => void stack.wecom.faults.add(...which),
  end: () => stack.wecom.faults.clear(),
});
const noDynamoDb = {
  begin: () => stack.dynamoDb.fail('down'),
  end: () => stack.dynamoDb.fail(undefined),
};
const nothing = () => {};

const OUTAGES: Record<string, Outage> = {
  'WeCom refuses every access_token (40014)': {
    ...fault(40014, { on: 'auth/getuserinfo' }),
    traffic: several(2, () => signIn('qianer')),
    rings: ['WecomAlarm'],
  },
  'WeCom refuses every access_token, and members sign in at programs': {
    ...fault(40014, { on: 'auth/getuserinfo' }),
    traffic: several(2, () => signInAtProgram('qianer')),
    rings: ['WecomAlarm'],
  },
  'the app may see nobody (60011)': {
    ...fault(60011, { on: 'user/get' }),
    traffic: each(MEMBERS, (who) => signIn(who)),
    rings: ['AdministratorAlarm'],
  },
  'the app may see nobody, and members sign in at programs': {
    ...fault(60011, { on: 'user/get' }),
    traffic: each(MEMBERS, (who) => signInAtProgram(who)),
    rings: ['AdministratorAlarm'],
  },
  'WeCom is unreachable, and verify is asked about members who are not stored': {
    ...fault({ kind: 'reset' }),
    traffic: several(2, () => verify('liuzong')),
    rings: ['WecomAlarm'],
  },
  'WeCom is unreachable at sign-in': {
    ...fault({ kind: 'reset' }),
    traffic: several(2, () => signIn('qianer')),
    rings: ['WecomAlarm'],
  },
  'DynamoDB is down, and browsers begin sign-ins': {
    ...noDynamoDb,
    traffic: several(2, () => signIn('qianer')),
    rings: ['AwsAlarm'],
  },
  'DynamoDB is down, and programs begin sign-ins': {
    ...noDynamoDb,
    traffic: several(2, () => signInAtProgram('qianer')),
    rings: ['AwsAlarm'],
  },
  'DynamoDB is down, and programs redeem codes': {
    ...noDynamoDb,
    traffic: several(2, async () => {
      const form = { grant_type: 'authorization_code', code: 'x' };
      await postToken(api, form, basic(GRAFANA.id, GRAFANA.secret));
    }),
    rings: ['AwsAlarm'],
  },
  'DynamoDB is down, and WeCom pushes': {
    ...noDynamoDb,
    traffic: several(2, () =>
      push(undefined, { Event: 'change_contact', ChangeType: 'update_user', UserID: 'lisi' }),
    ),
    rings: ['AwsAlarm'],
  },
  'DynamoDB is down, and everything is busy': {
    ...noDynamoDb,
    traffic: ordinary,
    rings: ['AwsAlarm', 'ServerErrorsAlarm'],
    ringsWithinMinutes: 60,
  },
  'SSM is down, and the keys are asked for': {
    begin: () => stack.ssm.faults.down(),
    end: () => stack.ssm.faults.clear(),
    async traffic() {
      const cold = await stack.newInstance(PROD);
      await several(2, () => get('/.well-known/jwks.json', cold))();
      await cold.close();
    },
    rings: ['AwsAlarm'],
  },
  'the secret was reset in the console': {
    begin() {
      const { secret } = stack.wecom.company.apps.find(({ agentid }) => agentid === 1000002) ?? {};
      rightSecret = secret ?? '';
      stack.ssm.put(SECRET_PARAMETER, SECRET_WRONG);
      // The token ends, and what the instance knows of the parameter.
      ahead += 3 * HOUR;
    },
    end: () => void stack.ssm.put(SECRET_PARAMETER, rightSecret),
    traffic: several(2, () => signIn('qianer')),
    rings: ['OperatorAlarm', 'TokenBreakerAlarm'],
  },
  'our address is not listed (60020)': {
    ...fault(60020),
    traffic: several(2, () => signIn('qianer')),
    rings: ['CallerIpRefusedAlarm', 'OperatorAlarm'],
  },
  'a deployment has a wrong setting': {
    begin: nothing,
    end: nothing,
    async traffic() {
      const wrong = await stack.newInstance({ ...PROD, WECOM_AGENT_ID: 'none' });
      await several(5, () => get('/.well-known/jwks.json', wrong))();
      await wrong.close();
    },
    rings: ['OperatorAlarm'],
  },
  'a deployment has a wrong setting, and one program redeems a code now and then': {
    begin: nothing,
    end: nothing,
    async traffic() {
      const wrong = await stack.newInstance({ ...PROD, WECOM_AGENT_ID: 'none' });
      await postToken(wrong, NO_CODE, basic(GRAFANA.id, GRAFANA.secret));
      await wrong.close();
    },
    rings: ['OperatorAlarm'],
  },
  'a defect of ours fails every sign-in of a small company': {
    ...fault(41001, { on: 'auth/getuserinfo' }),
    traffic: several(3, () => signIn('qianer')),
    rings: ['DefectsAlarm'],
  },
  'a defect of ours fails every sign-in, and somebody tries now and then': {
    ...fault(41001, { on: 'auth/getuserinfo' }),
    traffic: () => signIn('qianer'),
    rings: ['DefectsAlarm'],
  },
  'WeCom refuses every access_token, while those who are signed in pass to programs': {
    ...whileSomebodyIsSignedIn(fault(40014, { on: 'auth/getuserinfo' })),
    rings: ['WecomAlarm'],
  },
  'the app is disabled, while those who are signed in pass to programs': {
    ...whileSomebodyIsSignedIn(fault(50003, { on: 'auth/getuserinfo' })),
    rings: ['AdministratorAlarm'],
  },
  'DynamoDB takes no writes, and members sign in at programs': {
    begin: () => stack.dynamoDb.fail('refuses-writes'),
    end: () => stack.dynamoDb.fail(undefined),
    traffic: several(2, () => signInAtProgram('qianer')),
    rings: ['AwsAlarm'],
  },
  'the front end was moved, and its new address is not listed': {
    ...always(several(4, () => get('/api/wecom/authorize?redirect_uri=https://moved.example/'))),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'the front end begins sign-ins, and nobody comes back (trusted domain, CORS)': {
    ...always(several(4, async () => void (await begin(api.url)))),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'a state is required, and the front end sends none': {
    ...always(async () => {
      const strict = await stack.newInstance({ ...PROD, REQUIRE_STATE: 'true' });
      const code = () => stack.wecom.codes.mint({ userid: 'qianer' });
      await several(4, async () => void (await redeem(strict.url, { code: code() })))();
      await strict.close();
    }),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'the front end sends a wrong verifier': {
    ...always(several(2, () => signIn('qianer', api, { code_verifier: 'x'.repeat(43) }))),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'WeCom knows no code (40029)': {
    ...fault(40029, { on: 'auth/getuserinfo' }),
    traffic: several(2, () => signIn('qianer')),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'WeCom knows no code, and members sign in at programs': {
    ...fault(40029, { on: 'auth/getuserinfo' }),
    traffic: several(2, () => signInAtProgram('qianer')),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'sign-ins at programs do not come back to the issuer, while front ends work': {
    ...always(async () => {
      await several(4, () => toWecomOnly())();
      await signIn('qianer');
    }),
    ...LASTING,
    rings: ['NoSignInsAlarm'],
  },
  'a program was moved, while others work': {
    ...always(async () => {
      await several(4, () => get(BAD_REDIRECT))();
      await several(4, () => signInAtProgram('qianer'))();
    }),
    ...LASTING,
    rings: ['ProgramAlarm'],
  },
  'a program requests what is not offered, and is told so by a redirect': {
    ...always(several(4, () => authorize({ scope: 'profile' }))),
    ...LASTING,
    rings: ['ProgramAlarm'],
  },
  'a program has an old secret, while others work': {
    ...always(async () => {
      await several(4, () => redeemAs('the-old-one'))();
      await several(4, () => fetch(`${api.url}/oauth2/token`, { method: 'OPTIONS' }))();
    }),
    ...LASTING,
    rings: ['ProgramAlarm'],
  },
  'members sign in at programs, and no code can be redeemed': {
    ...always(several(4, () => signInAndRedeem({ code_verifier: 'x'.repeat(43) }))),
    ...LASTING,
    rings: ['ProgramAlarm'],
  },
  'verify wants a session, and its callers send none': {
    ...always(async () => {
      const strict = await stack.newInstance({ ...PROD, VERIFY_ACCESS: 'session' });
      await several(16, () => get('/api/wecom/verify/qianer', strict))();
      await strict.close();
    }),
    ...LASTING,
    rings: ['VerifyRefusedAlarm'],
  },
  'callbacks cannot be decrypted': {
    begin: nothing,
    end: nothing,
    traffic: () => push('A'.repeat(43)),
    rings: ['CallbackKeysAlarm'],
    endsWithinMinutes: 7 * 60,
  },
  'the queue of events accepts none': {
    begin() {
      stack.eventQueue.faults.isDown = true;
    },
    end() {
      stack.eventQueue.faults.isDown = false;
    },
    async traffic() {
      const sender = await stack.newInstance({ ...PROD, ...stack.withBus });
      await signIn('qianer', sender);
      await sender.close();
    },
    rings: ['EventNotSentAlarm'],
  },
  'Lambda accepts no sign-out': {
    begin() {
      taken = stack.invocable.splice(0);
    },
    end: () => void stack.invocable.push(...taken),
    async traffic() {
      const browser = new Browser();
      const { application, signInTo, logout } = visitors;
      await signInTo('user123', [await application()], browser);
      await logout(browser, { logout: 'yes' });
    },
    rings: ['SignOutNotHandedOverAlarm'],
  },
  'API Gateway throttles': {
    begin: nothing,
    end: nothing,
    async traffic() {
      for (let at = 0; at < 12; at += 1) logAccess({ status: '429' });
    },
    rings: ['ApiThrottlesAlarm'],
  },
  'API Gateway may not call a function, and somebody tries now and then': {
    begin: nothing,
    end: nothing,
    async traffic() {
      logAccess({ status: '500', 'integration.error': 'The permissions are wrong' });
      // A function that answers 503 itself.
      logAccess({ status: '503' });
    },
    rings: ['GatewayFailuresAlarm'],
  },
};
function always(traffic: () => Promise<void>) {
  return { begin: nothing, end: nothing, traffic };
}

/** Members sign in anew at a program, while the browsers of others have a session of the provider. */
function whileSomebodyIsSignedIn({ begin: breaks, end }: Pick<Outage, 'begin' | 'end'>) {
  const browser = new Browser();
  return {
    async begin() {
      await browser.follow(
        returnAddress(openid, await browser.follow(authorization(api).address, isWecom(stack))),
        (address) => address.startsWith(GRAFANA.redirectUri),
      );
      breaks();
    },
    end,
    async traffic() {
      await several(2, () => signInAtProgram('lisi'))();
      await several(12, () => authorize({ prompt: 'none' }, browser))();
    },
  };
}
const visitors = people(() => openid);
let rightSecret = '';
let taken: string[] = [];

/** Writes a line of the access log in its format. No API Gateway runs here, so the values are given. */
function logAccess(context: Readonly<Record<string, string>>): void {
  const [deployed = {}] = Object.values(ofType(template, 'AWS::ApiGatewayV2::Stage'));
  const format = String((deployed['AccessLogSettings'] as Json)['Format']);
  const line = format.replaceAll(/\$context\.([\w.]+)/g, (_, name) => context[name] ?? '-');
  accessLog.push({ at: Date.now(), line: JSON.parse(line) });
}

describe('in an outage the right alarms ring, last as long as it does, and end', () => {
  it.each(Object.entries(OUTAGES))('%s', async (_, outage) => {
    const from = Date.now();
    await repeat(2, 5, ordinary);
    await outage.begin();
    const begun = Date.now();
    await repeat(outage.rounds ?? 12, 6, outage.traffic);
    const ended = Date.now();
    outage.end();
    await repeat(2, 5, ordinary);
    ahead += (outage.endsWithinMinutes ?? 75) * MINUTE;

    const changed = changes(from);
    expect(Object.keys(changed).sort()).toEqual([...outage.rings].sort());
    for (const [begins, ends, ...others] of Object.values(changed)) {
      expect([begins?.state, ends?.state, others]).toEqual(['ALARM', 'OK', []]);
      const rangWithin = (begins?.at ?? 0) - begun;
      expect(rangWithin).toBeLessThanOrEqual((outage.ringsWithinMinutes ?? 20) * MINUTE);
      expect(ends?.at).toBeGreaterThan(ended);
    }
  });
});

describe('on an ordinary day', () => {
  it("no alarm rings for visitors' mistakes, strangers and single failures", async () => {
    const from = Date.now();
    for (let quarter = 0; quarter < 8; quarter += 1) {
      // A member outside of the visible range, and a WeCom that is busy for a moment.
      stack.wecom.faults.add(60011, { on: 'user/get', times: 1 });
      await repeat(1, 5, ordinary);
      stack.wecom.faults.add({ kind: 'html', status: 502, on: 'auth/getuserinfo', times: 1 });
      await repeat(1, 5, ordinary);
      await repeat(1, 5, mistakes);
    }
    expect(changes(from)).toEqual({});
  });

  it.each(Object.entries(ANONYMOUS))('no alarm rings for 20 times %s', async (_, send) => {
    const from = Date.now();
    await several(20, send)();
    ahead += 4 * HOUR;
    await repeat(7, 8, several(3, send));
    ahead += 4 * HOUR;
    await repeat(2, 5, async () => {
      await ordinary();
      await several(10, send)();
    });
    ahead += 10 * MINUTE;
    expect(changes(from)).toEqual({});
  });

  it('no alarm rings for one scan with all of that, 20 times', async () => {
    const from = Date.now();
    await repeat(20, 1, async () => {
      for (const send of Object.values(ANONYMOUS)) await send();
    });
    ahead += 10 * HOUR;
    expect(changes(from)).toEqual({});
  });

  it.each([
    ['a front end', (who: string) => signIn(who)],
    ['a program', (who: string) => signInAtProgram(who)],
  ])('no alarm rings for one member outside the visible range at %s', async (_, one) => {
    stack.wecom.faults.add(60011, { on: 'user/get' });
    const from = Date.now();
    await repeat(10, 5, () => one('lisi'));
    await several(20, () => one('lisi'))();
    stack.wecom.faults.clear();
    ahead += 2 * HOUR;
    expect(changes(from)).toEqual({});
  });

  it('a night without any request changes nothing', async () => {
    const from = Date.now();
    await ordinary();
    ahead += 10 * HOUR;
    expect(changes(from)).toEqual({});
  });
});

describe('what only AWS counts', () => {
  const point = (namespace: string, name: string, dimensions: Record<string, string>) => ({
    namespace,
    name,
    dimensions,
  });
  const minutes = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => (from + at) * MINUTE);
  const run = (id: string, points: readonly DataPoint[], to: number) =>
    changesOf(alarms[id] as Alarm, points, 0, to * MINUTE).map(
      ({ at, state }) => `${state} ${at / MINUTE}`,
    );

  it.each([
    ['PersonChangesAlarm', 'PersonChangesDeadLetters'],
    ['SignOutsAlarm', 'SignOutsDeadLetters'],
    ['EventsAlarm', 'EventDeadLetters'],
  ])('%s rings for a dead letter until it is gone, also while SQS reports nothing', (id, queue) => {
    const QueueName = JSON.stringify({ 'Fn::GetAtt': [queue, 'QueueName'] });
    const visible = point('AWS/SQS', 'ApproximateNumberOfMessagesVisible', { QueueName });
    const points = [
      ...minutes(0, 10).map((at) => ({ ...visible, at, value: 0 })),
      ...minutes(10, 370).map((at) => ({ ...visible, at, value: 1 })),
      ...minutes(900, 920).map((at) => ({ ...visible, at, value: 0 })),
    ];
    expect(run(id, points, 1_000)).toEqual(['ALARM 11', 'OK 901']);
  });

  it('ThrottlesAlarm rings for one function, while others are not asked at all', () => {
    const FunctionName = JSON.stringify({ Ref: 'VerifyLambdaFunction' });
    const throttles = point('AWS/Lambda', 'Throttles', { FunctionName });
    const points = [{ ...throttles, at: 5 * MINUTE, value: 1 }];
    expect(run('ThrottlesAlarm', points, 100)).toEqual(['ALARM 6', 'OK 66']);
  });

  it('DefectsAlarm rings for crashes and timeouts of a function', () => {
    const FunctionName = JSON.stringify({ Ref: 'GetUserInfoLambdaFunction' });
    const errors = point('AWS/Lambda', 'Errors', { FunctionName });
    const once = (at: number) => ({ ...errors, at: at * MINUTE, value: 1 });
    expect(run('DefectsAlarm', [once(5), once(25), once(45)], 200)).toEqual(['ALARM 46', 'OK 66']);
    expect(run('DefectsAlarm', [once(5), once(45)], 200)).toEqual([]);
  });

  it('ConsoleAlarm rings for crashes and timeouts of the functions of the console', () => {
    const once = (name: string, at: number) => ({
      ...point('AWS/Lambda', 'Errors', { FunctionName: JSON.stringify({ Ref: name }) }),
      at: at * MINUTE,
      value: 1,
    });
    const [directory, clients] = ['AdminDirectoryLambdaFunction', 'AdminClientsLambdaFunction'];
    const three = [once(directory, 5), once(clients, 25), once(directory, 45)];
    expect(run('ConsoleAlarm', three, 200)).toEqual(['ALARM 46', 'OK 66']);
    expect(run('ConsoleAlarm', three.slice(1), 200)).toEqual([]);
  });

  it('LatencyAlarm rings after fifteen slow minutes, and not for single slow responses', () => {
    const latency = point('AWS/ApiGateway', 'Latency', {
      ApiId: '{"Ref":"HttpApi"}',
      Stage: '$default',
    });
    const slow = minutes(0, 30).map((at) => ({ ...latency, at, value: 6_000 }));
    const fast = minutes(30, 60).map((at) => ({ ...latency, at, value: 90 }));
    expect(run('LatencyAlarm', [...slow, ...fast], 60)).toEqual(['ALARM 11', 'OK 35']);
    const points = minutes(0, 120).flatMap((at) =>
      Array.from({ length: 20 }, (_, nth) => ({ ...latency, at, value: nth === 0 ? 9_000 : 90 })),
    );
    expect(run('LatencyAlarm', points, 120)).toEqual([]);
  });
});

describe('a part of the sign-ins', () => {
  const point = (name: string, dimensions: Record<string, string>, value: number): DataPoint => ({
    ...{ namespace: 'WecomAuth', name, at: 0, value },
    dimensions: { stage: 'prod', ...dimensions },
  });
  const failures = {
    WecomAlarm: (count: number) =>
      point('Requests', { function: 'getUserInfo', fault: 'wecom' }, count),
    AdministratorAlarm: (count: number) => point('MembersKeptOut', {}, count),
  };
  const rings = (id: keyof typeof failures, failed: number, others: number) =>
    changesOf(
      alarms[id] as Alarm,
      [failures[id](failed), point('SignIns', { function: 'getUserInfo' }, others)],
      0,
      5 * MINUTE,
    ).length > 0;

  it.each([
    ['WecomAlarm', 3],
    ['AdministratorAlarm', 5],
  ] as const)('that fails rings %s from a fifth on, and from %d on', (id, least) => {
    expect(rings(id, 200, 800)).toBe(true);
    expect(rings(id, 199, 800)).toBe(false);
    expect(rings(id, least, 0)).toBe(true);
    expect(rings(id, least - 1, 0)).toBe(false);
  });

  it.each([
    [14, 2, true],
    [14, 3, false],
    [13, 0, false],
  ])(
    'of %d members at programs in each half-hour, for whom these get %d tokens',
    (members, tokens, isRung) => {
      const points = [0, 1, 2].flatMap((nth) =>
        [
          point('SignIns', { function: 'openid' }, members),
          point('Requests', { function: 'openidToken', fault: 'none' }, tokens),
        ].map((each) => ({ ...each, at: nth * 30 * MINUTE })),
      );
      const changed = changesOf(alarms['ProgramAlarm'] as Alarm, points, 0, 2 * HOUR);
      expect(changed.length > 0).toBe(isRung);
    },
  );
});

describe("the dashboard's last table", () => {
  /** Whether a line is shown. */
  function isShown(line: Record<string, unknown>): boolean {
    const { DashboardBody } = ofType(template, 'AWS::CloudWatch::Dashboard')['Dashboard'] ?? {};
    const body = String((DashboardBody as Json)['Fn::Sub']);
    const [, filter = ''] = /\| filter (.+?) \| fields/.exec(body) ?? [];
    return evaluateExpression(filter, (name) => line[name] as Value) === 1;
  }

  it("shows failures with advice in both languages, and none of visitors' mistakes", async () => {
    await repeat(1, 5, ordinary);
    await repeat(2, 5, mistakes);
    const lines = () => stack.log().slice(linesBefore - stack.printed.length);
    expect(
      lines()
        .filter(isShown)
        .filter(({ fault }) => fault !== 'program'),
    ).toEqual([]);
    linesBefore = stack.printed.length;
    stack.dynamoDb.fail('down');
    await ordinary();
    stack.dynamoDb.fail(undefined);
    const failed = lines().filter(({ outcome }) => outcome === 'failed');
    expect(new Set(failed.map((line) => line['function']))).toEqual(
      new Set(['authorize', 'verify', 'openid']),
    );
    for (const line of failed) {
      expect(isShown(line)).toBe(true);
      expect(line['advice']).toMatch(/DynamoDB/);
      expect(line['adviceZh']).toMatch(/DynamoDB.*。/);
    }
  });
});
