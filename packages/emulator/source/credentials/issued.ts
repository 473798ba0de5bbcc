import * as v from 'valibot';
import type { AppChat } from '../messages/appChat.ts';
import { readState, type StateFile, stateFile } from '../stateFile.ts';
import type { AccessToken } from './accessTokens.ts';
import type { IssuedCode } from './codes.ts';
import type { Consent } from './consents.ts';
import type { JsapiTicket } from './jsapiTickets.ts';
import type { IssuedUserTicket } from './userTickets.ts';

/** What a client or a member has been given and will use again, also after a restart. */
export interface Issued {
  tokens: Map<string, AccessToken>;
  codes: Map<string, IssuedCode>;
  userTickets: Map<string, IssuedUserTicket>;
  jsapiTickets: Map<string, JsapiTicket>;
  consents: Map<string, Consent>;
  chats: Map<string, AppChat>;
}

type KeptIssued = { [Name in keyof Issued]: ReturnType<Issued[Name]['entries']> };

/**
 * What was issued, in memory alone or kept in a file of its own: it changes with each sign-in, and a large
 * company should not be written that often.
 *
 * @param file nothing: memory alone
 * @throws Error with a sentence for the user if the file is unreadable
 */
export function issuedIn(
  file: string | undefined,
  onProblem: (error: unknown) => void,
): { issued: Issued; settled: StateFile['settled'] } {
  const kept = file === undefined ? undefined : readIssued(file);
  const save = () => state?.save();
  const issued: Issued = {
    tokens: new WatchedMap(kept?.tokens, save),
    codes: new WatchedMap(kept?.codes, save),
    userTickets: new WatchedMap(kept?.userTickets, save),
    jsapiTickets: new WatchedMap(kept?.jsapiTickets, save),
    consents: new WatchedMap(kept?.consents, save),
    chats: new WatchedMap(kept?.chats, save),
  };
  const entries = () =>
    Object.fromEntries(Object.entries(issued).map(([name, map]) => [name, [...map]]));
  const state = file === undefined ? undefined : stateFile(file, entries, onProblem);
  return { issued, settled: async () => state?.settled() };
}

const entriesOf = (fields: v.ObjectEntries) =>
  v.array(v.tuple([v.string(), v.looseObject(fields)]));

const KEPT = v.looseObject({
  tokens: entriesOf({ value: v.string(), agentid: v.number(), expiresAt: v.number() }),
  codes: entriesOf({ who: v.looseObject({}), issuedAt: v.number() }),
  userTickets: entriesOf({ userid: v.string(), expiresAt: v.number() }),
  jsapiTickets: entriesOf({ ticket: v.string(), expiresAt: v.number() }),
  consents: entriesOf({ userid: v.string(), at: v.number() }),
  chats: v.optional(entriesOf({})),
});

function readIssued(file: string): KeptIssued | undefined {
  return readState(file, KEPT, 'what this emulator kept of its tokens');
}

/** A map that reports each change, and not the entries that it begins with. */
class WatchedMap<Key, Value> extends Map<Key, Value> {
  #onChange: (() => void) | undefined;

  constructor(entries: Iterable<[Key, Value]> | undefined, onChange: () => void) {
    super();
    for (const [key, value] of entries ?? []) super.set(key, value);
    this.#onChange = onChange;
  }

  override set(key: Key, value: Value): this {
    super.set(key, value);
    this.#onChange?.();
    return this;
  }

  override delete(key: Key): boolean {
    const had = super.delete(key);
    if (had) this.#onChange?.();
    return had;
  }
}
