import type { Random } from '../../tests/harness/random.ts';
import type { Emulator } from './emulator.ts';
import type { People, Person } from './people.ts';
import type { LoadRecord } from './record.ts';
import type { Addresses } from './stack.ts';

/** Where a request goes: the whole stack, or one instance of each function. */
export interface Target {
  readonly name: 'stack' | 'single';
  readonly url: string;
}

/** What all operations share. */
export interface World {
  readonly record: LoadRecord;
  readonly random: Random;
  readonly people: People;
  readonly emulator: Emulator;
  readonly addresses: Addresses;
  readonly stack: Target;
  readonly single: Target;
  /** A session of user123, who may ask about anyone and administer permissions. */
  readonly administrator: string;
  readonly signIns: SignIns;
}

/** Successful sign-ins at WeCom, each with another code. */
export interface SignIns {
  /** How many, by userid. */
  readonly byUserid: Map<string, number>;
  /** Codes that were sent twice without a state: WeCom may see both. */
  readonly doubledCodes: Set<string>;
}

export const noSignIns = (): SignIns => ({ byUserid: new Map(), doubledCodes: new Set() });

/** @param isExpected what is expected of a member of the company; a leaver may also be refused */
export function orRefused(person: Person, isExpected: (status: number) => boolean) {
  return (status: number) =>
    isExpected(status) || (person.leftMs !== undefined && (status === 401 || status === 403));
}

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

export function anyone(world: World): Person {
  return world.random.pick(world.people.present());
}

export function countSignIn({ signIns }: World, userid: string): void {
  signIns.byUserid.set(userid, (signIns.byUserid.get(userid) ?? 0) + 1);
}
