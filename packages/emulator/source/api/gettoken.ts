import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';
import { DISABLED_SECRET, wrongCorpid } from './rules.ts';

/**
 * GET gettoken (document 91039). The secret is asked for before the corpid (probed), and the address is
 * never checked against the trusted ones: clients are refused only on the call that follows (unverified).
 */
export const gettoken: Endpoint = {
  path: 'gettoken',
  document: 91039,
  method: 'GET',
  token: false,
  answer(emulator, { query, ip, wrongSecret }) {
    const secret = query.get('corpsecret') ?? '';
    const corpid = query.get('corpid') ?? '';
    if (secret === '') throw new Refusal(41004);
    if (corpid === '') throw new Refusal(41002);
    if (corpid !== emulator.company.corpid)
      throw new Refusal(40013, wrongCorpid(emulator.company.corpid));
    const app = emulator.company.apps.find((candidate) => candidate.secret === secret);
    // A stopped app's secret is an invalid one (document 90313, 40001); so it counts as wrong as well.
    if (app === undefined || !app.enabled || wrongSecret) {
      emulator.badSecrets.count(ip);
      throw new Refusal(40001, app?.enabled === false ? DISABLED_SECRET : undefined);
    }
    return { ...emulator.tokens.issue(app) };
  },
};
