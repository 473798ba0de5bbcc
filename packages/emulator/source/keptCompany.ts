import * as v from 'valibot';
import type { Company, Member } from './directory/types.ts';
import { readState } from './stateFile.ts';

/** A company as its administrator left it. */
export interface KeptCompany {
  readonly company: Company;
  /** Members who left, and who may return. */
  readonly left: readonly Member[];
}

const strings = v.array(v.string());
const numbers = v.array(v.number());
const member = v.looseObject({ userid: v.string(), department: numbers });

/** What the indexes rest on: without it, a file of another version would only fail later. */
const KEPT = v.looseObject({
  left: v.array(member),
  company: v.looseObject({
    corpid: v.string(),
    members: v.array(member),
    departments: v.array(
      v.looseObject({ id: v.number(), parentid: v.number(), department_leader: strings }),
    ),
    tags: v.array(v.looseObject({ tagid: v.number(), userlist: strings, partylist: numbers })),
    apps: v.array(
      v.looseObject({
        agentid: v.number(),
        secret: v.string(),
        trusted_domains: strings,
        web_login_domains: strings,
        visible: v.looseObject({ users: strings, parties: numbers, tags: numbers }),
      }),
    ),
    visitors: v.array(v.looseObject({ id: v.string(), kind: v.string() })),
  }),
});

/** Reads the company that an earlier emulator kept; see `readState`. */
export function readKeptCompany(file: string): KeptCompany | undefined {
  return readState(file, KEPT, 'a company that this emulator kept');
}
