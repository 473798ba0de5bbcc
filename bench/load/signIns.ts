import { createHash, randomBytes } from 'node:crypto';
import { fingerprint } from '../../packages/emulator/source/wire/callLog.ts';
import type { Person } from './people.ts';
import type { LoadRecord, Reply } from './record.ts';
import { anyone, countSignIn, orRefused, type Target, type World } from './world.ts';

/** A sign-in without a state. Of ten codes one is sent twice at the same time. */
export async function signInWithoutState(world: World, target: Target): Promise<void> {
  const person = anyone(world);
  const code = await world.emulator.code(person.userid);
  if (code === undefined) return;
  const isTwice = world.random.below(10) === 0;
  const route = `${target.name} getUserInfo`;
  if (isTwice) world.signIns.doubledCodes.add(fingerprint(code));
  // The second of two is refused, by us or by WeCom.
  const isExpected = orRefused(person, (status) => status === 200 || (isTwice && status === 401));
  const replies = await Promise.all(
    (isTwice ? [1, 2] : [1]).map(() => redeem(world.record, route, target, { code }, isExpected)),
  );
  const successes = replies.filter((reply) => reply?.status === 200);
  if (isTwice && person.leftMs === undefined && replies.every((reply) => reply?.status === 401)) {
    world.record.problem(`a code of ${person.userid} was refused to both requests`);
  }
  if (successes.length > 1) world.record.problem(`a code of ${person.userid} was redeemed twice`);
  for (const reply of successes) judgeMember(world.record, person, reply);
  if (successes.length > 0) countSignIn(world, person.userid);
}

/** A code that WeCom issued to a member who has left since. */
export async function signInOfLeaver(world: World, userid: string, code: string): Promise<void> {
  const isRefusal = (status: number) => status === 401 || status === 403;
  const route = 'stack getUserInfo of a leaver';
  const reply = await redeem(world.record, route, world.stack, { code }, isRefusal);
  if (reply?.status === 200) world.record.problem(`${userid} signed in after leaving`);
}

/** A sign-in as the front-end helper does it. Of five, one is sent twice at the same time. */
export async function signInWithState(
  world: World,
  target: Target,
  person = anyone(world),
): Promise<void> {
  const { record, addresses } = world;
  const verifier = randomBytes(32).toString('base64url');
  const query = new URLSearchParams({
    redirect_uri: `${addresses.site}/`,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const begun = await record.send(
    `${target.name} authorize`,
    `${target.url}/api/wecom/authorize?${query}`,
    { headers: { accept: 'application/json' } },
  );
  if (begun?.status !== 200) return;
  const { state, authorizeUrl } = JSON.parse(begun.text).data as Record<string, string>;
  const approved = await record.send(
    "WeCom's page",
    String(authorizeUrl),
    {
      method: 'POST',
      body: new URLSearchParams({ who: person.userid, decision: 'approve' }),
    },
    (status) => status === 302 || person.leftMs !== undefined,
  );
  const code = URL.parse(approved?.headers.get('location') ?? '')?.searchParams.get('code');
  if (!code) return;
  const body = { code, state, code_verifier: verifier };
  const copies = world.random.below(5) === 0 ? 2 : 1;
  const isExpected = orRefused(person, (status) => status === 200);
  const route = `${target.name} getUserInfo with state`;
  const replies = await Promise.all(
    Array.from({ length: copies }, () => redeem(record, route, target, body, isExpected)),
  );
  const successes = replies.filter((reply) => reply?.status === 200);
  const answers = new Set(
    successes.map((reply) => {
      const { data, session } = JSON.parse(reply?.text ?? '');
      return JSON.stringify([data, session?.access_token]);
    }),
  );
  if (answers.size > 1) record.problem(`one sign-in of ${person.userid} got two answers`);
  for (const reply of successes) judgeMember(record, person, reply);
  const [first] = successes;
  if (first === undefined) return;
  countSignIn(world, person.userid);
  person.session = JSON.parse(first.text).session?.access_token;
  if (person.session === undefined) record.problem(`a sign-in of ${person.userid} got no session`);
}

function redeem(
  record: LoadRecord,
  route: string,
  { url }: Target,
  body: object,
  isExpected: (status: number) => boolean,
): Promise<Reply | undefined> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
  return record.send(route, `${url}/api/wecom/getUserInfo`, init, isExpected);
}

function judgeMember(record: LoadRecord, { userid }: Person, reply: Reply | undefined): void {
  const signedIn = JSON.parse(reply?.text ?? '{}').data?.userid;
  if (signedIn !== userid) record.problem(`a code of ${userid} signed ${signedIn} in`);
}
