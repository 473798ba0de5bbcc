import type { Administrator } from '../directory/administrator.ts';
import type { App } from '../directory/types.ts';
import type { AppEndpoint, Call, Data, Emulator } from './endpoint.ts';

/** What a change of the contacts answers with, and what it makes the change by. */
type Change = (emulator: Emulator, call: Call, app: App, administrator: Administrator) => Data;

/**
 * A change of members or departments: only the contacts-sync secret may make it (documents 90195 and 90313,
 * 48002). It is made as the company's administrator makes it, so that ranges and events follow.
 */
export function contactWrite(
  path: string,
  document: number,
  method: AppEndpoint['method'],
  change: Change,
): AppEndpoint {
  return { ...tagWrite(path, document, method, change), only: 'contacts-sync' };
}

/** A change of tags, which every secret may make. */
export function tagWrite(
  path: string,
  document: number,
  method: AppEndpoint['method'],
  change: Change,
): AppEndpoint {
  return {
    path,
    document,
    method,
    token: true,
    bareInvalidToken: true,
    answer(emulator, call, app) {
      // What WeCom does with a null is unverified: here it is not given.
      const given = Object.entries(call.body).filter(([, value]) => value !== null);
      const body = Object.fromEntries(given);
      return change(emulator, { ...call, body }, app, emulator.administratorFor(app));
    },
  };
}
