import { randomBytes } from 'node:crypto';
import { Refusal } from '../wire/errcodes.ts';
import type { Endpoint } from './endpoint.ts';

/**
 * GET miniprogram/jscode2session (documents 91507 and 96959). The code comes from wx.qy.login in the
 * mini-program: here from `codes.mint({ origin: 'miniprogram' })`. The token of an app without a mini-program
 * is 40014 (document 90313).
 */
export const jscode2session: Endpoint = {
  path: 'miniprogram/jscode2session',
  document: 91507,
  method: 'GET',
  token: true,
  only: 'app',
  answer({ company, directory, codes }, { query }, app) {
    if (app.miniprogram_appid === undefined) throw new Refusal(40014);
    const code = query.get('js_code') ?? '';
    if (code === '') throw new Refusal(41008);
    if (query.get('grant_type') !== 'authorization_code') throw new Refusal(40058);
    const grant = codes.find(code);
    if (grant?.origin !== 'miniprogram' || grant.agentid !== app.agentid) throw new Refusal(40029);
    const member = 'userid' in grant.who ? directory.member(grant.who.userid) : undefined;
    if (member === undefined) throw new Refusal(40029);
    codes.consume(code);
    const session_key = randomBytes(16).toString('base64');
    return { corpid: company.corpid, userid: member.userid, session_key };
  },
};
