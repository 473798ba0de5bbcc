import type { Emulator } from '../api/endpoint.ts';
import { mainApp } from '../directory/directory.ts';
import { SENSITIVE_FIELDS, type SensitiveField } from '../directory/types.ts';
import type { CodeOrigin, Scope } from './codes.ts';

export interface CodeRequest {
  /** A member. Give this or `visitor`. */
  userid?: string;
  /** An entry of `company.visitors`. */
  visitor?: string;
  /** Default `snsapi_base`. */
  scope?: Scope;
  /** Default: the main app. */
  agentid?: number;
  /** Default: the app's first trusted domain. */
  redirectHost?: string;
  /**
   * Default `oauth2`: the page inside WeCom. The web login pages never lead to a user_ticket. `miniprogram` is
   * for miniprogram/jscode2session, `tfa` for auth/get_tfa_info; both are for members only.
   */
  origin?: CodeOrigin;
  /** Default: what the member agrees to when asked. */
  fields?: readonly SensitiveField[];
}

/**
 * A code without a visit to a page. It is not refused for a member who could not sign in (disabled,
 * out of range): such codes exist when the change comes between the page and the exchange.
 */
export function mintCode(emulator: Emulator, request: CodeRequest): string {
  const { company, directory, codes } = emulator;
  const app = request.agentid === undefined ? mainApp(company) : directory.app(request.agentid);
  if (app === undefined) throw new Error(`no app with agentid ${request.agentid}`);
  return codes.mint({
    agentid: app.agentid,
    redirectHost: request.redirectHost ?? app.trusted_domains[0] ?? '',
    scope: request.scope ?? 'snsapi_base',
    origin: request.origin ?? 'oauth2',
    ...person(emulator, request),
  });
}

function person(
  { company, directory }: Emulator,
  { userid, visitor, fields, origin }: CodeRequest,
) {
  if (userid !== undefined) {
    const member = directory.member(userid);
    if (member === undefined) throw new Error(`no member with userid ${userid}`);
    return {
      who: { userid: member.userid },
      fields: fields ?? member.consents_to ?? SENSITIVE_FIELDS,
    };
  }
  if (origin === 'miniprogram' || origin === 'tfa') {
    throw new Error(`a code of the origin ${origin} needs a userid`);
  }
  const known = company.visitors.find(({ id }) => id === visitor);
  if (known === undefined) throw new Error(`no visitor with id ${visitor}`);
  return { who: { visitor: known.id }, fields: [] };
}
