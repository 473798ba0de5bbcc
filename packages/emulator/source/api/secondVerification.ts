import type { App, Member } from '../directory/types.ts';
import { Refusal } from '../wire/errcodes.ts';
import type { AppEndpoint, Emulator } from './endpoint.ts';
import { text } from './parameters.ts';

/**
 * POST auth/get_tfa_info (document 99499). WeCom gives the code to the company's verification page: here
 * `codes.mint({ origin: 'tfa' })` does. An app may redeem a code for a page of its own domains only, and for a
 * member in its range; the contacts-sync secret any.
 */
export const getTfaInfo: AppEndpoint = {
  path: 'auth/get_tfa_info',
  document: 99499,
  method: 'POST',
  token: true,
  answer(emulator, { body }, app) {
    const code = text(body['code']);
    if (code === '') throw new Refusal(41008);
    const grant = emulator.codes.find(code);
    if (grant?.origin !== 'tfa' || !('userid' in grant.who)) throw new Refusal(40029);
    const { userid } = verifiable(emulator, app, grant.who.userid, 40029);
    if (app.kind === 'app') {
      const isOwn = grant.agentid === app.agentid;
      if (!isOwn || !app.trusted_domains.includes(grant.redirectHost)) throw new Refusal(40209);
    }
    emulator.codes.consume(code);
    const tfa_code = emulator.codes.mint({ ...grant, origin: 'tfaCode' });
    return { userid, tfa_code };
  },
};

/** POST user/tfa_succ (document 99500): the tfa_code works once, within five minutes. */
export const userTfaSucc: AppEndpoint = {
  path: 'user/tfa_succ',
  document: 99500,
  method: 'POST',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { body }, app) {
    const { userid } = verifiable(emulator, app, text(body['userid']), 60111);
    const code = text(body['tfa_code']);
    const grant = emulator.codes.find(code);
    if (grant?.origin !== 'tfaCode' || !('userid' in grant.who)) throw new Refusal(40207);
    if (emulator.directory.member(grant.who.userid)?.userid !== userid) throw new Refusal(40207);
    emulator.codes.consume(code);
    return {};
  },
};

/**
 * GET user/authsucc (document 99521): lets a member who logs in for the first time into the company. A
 * member who is not activated becomes active; for others nothing changes.
 */
export const userAuthsucc: AppEndpoint = {
  path: 'user/authsucc',
  document: 99521,
  method: 'GET',
  token: true,
  bareInvalidToken: true,
  answer(emulator, { query }, app) {
    const { userid, status } = verifiable(emulator, app, query.get('userid') ?? '', 60111);
    if (status === 4) emulator.administratorFor(app).update(userid, { status: 1 });
    return {};
  },
};

/** The member whom the app may verify. @param unknown the errcode for somebody who is not in the company */
function verifiable(
  { directory }: Emulator,
  app: App,
  userid: string,
  unknown: 40029 | 60111,
): Member {
  if (userid === '') throw new Refusal(41009);
  const member = directory.member(userid);
  if (member === undefined) throw new Refusal(unknown);
  if (!directory.isVisible(app, member)) throw new Refusal(40208);
  return member;
}
