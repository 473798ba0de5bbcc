import type { SignIn, SignInStore } from '../../lib/openid/signIns.ts';
import { eachSignIn } from '../../lib/openid/signIns.ts';
import { personOf, subsOf } from '../../lib/permissions/person.ts';
import { EXIT, ExitError } from '../administration/exit.ts';
import type { Person } from './request.ts';

/**
 * The `sub` of a person. A userid that several people had has several.
 *
 * @throws ExitError if there is none; StoreUnavailable
 */
export async function subsOfPerson(store: SignInStore, person: Person): Promise<string[]> {
  const subs = 'userid' in person ? await subsOf(store, person.userid) : [person.sub];
  if (subs.length > 0) return subs;
  throw new ExitError(EXIT.no, {
    zh: '此人没有通过企业微信登录过任何应用。',
    en: 'The person has not signed in to any application with WeCom.',
  });
}

/** `ended`: the application has not been told yet. `revoked`: the application itself ended it. */
export type State = 'active' | 'ended' | 'revoked';

/** The sign-ins of a person with their state, the newest first. @throws StoreUnavailable */
export async function signInsOf(
  store: SignInStore,
  sub: string,
): Promise<(SignIn & { state: State })[]> {
  const { signedOutAt } = await personOf(store, sub);
  const all: SignIn[] = [];
  for await (const each of eachSignIn(store, sub)) all.push(each);
  return all
    .sort((one, other) => other.signedInAt - one.signedInAt)
    .map((each) => ({ ...each, state: stateOf(each, signedOutAt) }));
}

function stateOf({ hasEnded, isToBeTold, signedInAt }: SignIn, signedOutAt: number): State {
  if (isToBeTold || signedInAt < (signedOutAt + 1) * 1_000) return 'ended';
  return hasEnded ? 'revoked' : 'active';
}
