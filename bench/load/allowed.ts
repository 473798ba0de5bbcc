import type { Entry } from './record.ts';
import type { PhaseKind } from './schedule.ts';

/*
 * The errors that each fault may cause, by what docs/ promise. Everything else fails the run, at any time.
 * The route and the kind of an answer are as record.ts has them, such as `stack verify` and
 * `500 ERR_STORE_UNAVAILABLE`.
 */

interface Allowance {
  readonly route: RegExp;
  readonly kind: RegExp;
}

/** Everything but a sign-in without a state. */
const withStore = /^(?!.* getUserInfo( of a leaver)?$)/;
const provider = / oauth2\//;
const signIn = / getUserInfo| oauth2\/wecom/;
const administration = / api\/admin/;

/**
 * An instance that is alone refuses what a reserved concurrency of one would refuse, while each request takes
 * seconds: with retries, or because the other side is slow.
 */
const BUSY: Allowance = { route: /^single/, kind: /^429 BUSY$/ };
/** The second of two equal sign-ins, where the first one failed and may be repeated. */
const UNDER_WAY: Allowance = {
  route: /getUserInfo with state/,
  kind: /^503 ERR_SIGN_IN_UNDER_WAY$/,
};
/** A sign-in without a state goes on without DynamoDB, and everything else fails closed. */
const STORE: readonly Allowance[] = [
  { route: withStore, kind: /^500 ERR_STORE_UNAVAILABLE$/ },
  { route: provider, kind: /^\d+ (server_error|temporarily_unavailable)$/ },
  UNDER_WAY,
];
/** WeCom answers with an errcode. What is stored and cached still serves. */
const ERRCODE: readonly Allowance[] = [
  { route: signIn, kind: /^503 ERR_WECOM_ERRCODE$/ },
  { route: administration, kind: /^500 ERR_WECOM_ERRCODE$/ },
  UNDER_WAY,
];
/** Where the first of two equal sign-ins spent the code and ran out of time, the second is too late. */
const SPENT: Allowance = { route: /getUserInfo with state/, kind: /^401 ERR_STATE_REFUSED\/used$/ };
const SLOW: readonly Allowance[] = [
  SPENT,
  { route: signIn, kind: /^503 ERR_WECOM_TRANSPORT$/ },
  { route: administration, kind: /^500 ERR_WECOM_TRANSPORT$/ },
  UNDER_WAY,
  BUSY,
];
/** No access_token can be had. The operator has to correct the secret. */
const NO_TOKEN: readonly Allowance[] = [
  { route: signIn, kind: /^500 ERR_TOKEN_UNAVAILABLE$/ },
  { route: administration, kind: /^500 ERR_TOKEN_UNAVAILABLE$/ },
  { route: /jssdk/, kind: /^500 ERR_TOKEN_UNAVAILABLE$/ },
  UNDER_WAY,
];

const ALLOWED: Readonly<Record<PhaseKind, readonly Allowance[]>> = {
  calm: [],
  'tokens-revoked': [],
  'push-burst': [BUSY],
  'pushes-lost': [],
  'dynamodb-slow': [BUSY],
  'dynamodb-down': STORE,
  'dynamodb-throttled': [...STORE, BUSY],
  'wecom-slow': SLOW,
  'wecom-busy': [...ERRCODE, BUSY],
  'wecom-limited': ERRCODE,
  'secret-rotated': NO_TOKEN,
  'secret-wrong': NO_TOKEN,
};

/** The phases in which WeCom may not say what a member is. */
export const WITHOUT_WECOM: readonly PhaseKind[] = [
  'wecom-slow',
  'wecom-busy',
  'wecom-limited',
  'secret-rotated',
  'secret-wrong',
];

/** Whether one of the phases that the request touched allows this answer. */
export function isAllowed({ route, kind }: Entry, phases: ReadonlySet<PhaseKind>): boolean {
  return [...phases].some((phase) =>
    ALLOWED[phase].some((each) => each.route.test(route) && each.kind.test(kind)),
  );
}
