import * as v from 'valibot';
import { MemberInactive, NotAMember, type WecomAuthError } from '../errors.ts';
import { WecomErrcode } from '../wecom/errors.ts';

/** Why a sign-in was refused to the visitor, in a form that can be stored. It names nobody's secret. */
export const Refusal = v.variant('code', [
  v.object({ code: v.literal('ERR_NOT_A_MEMBER') }),
  v.object({ code: v.literal('ERR_MEMBER_INACTIVE') }),
  v.object({
    code: v.literal('ERR_WECOM_ERRCODE'),
    api: v.string(),
    errcode: v.number(),
    errmsg: v.string(),
  }),
]);
export type Refusal = v.InferOutput<typeof Refusal>;

/** @returns nothing for an error that is not the visitor's: another try may well end otherwise */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof NotAMember || error instanceof MemberInactive) return { code: error.code };
  if (!(error instanceof WecomErrcode)) return undefined;
  const { code, api, errcode, errmsg, entry } = error;
  const final = entry.reaction === 'refuse' || entry.reaction === 'renew-token';
  return final ? { code, api, errcode, errmsg } : undefined;
}

/** The error that the refusal was made of, for who asks the same again. */
export async function errorOf(refusal: Refusal): Promise<WecomAuthError> {
  switch (refusal.code) {
    case 'ERR_NOT_A_MEMBER':
      return new NotAMember('The visitor is not a member of the corp');
    case 'ERR_MEMBER_INACTIVE':
      return new MemberInactive('The member is not active');
    case 'ERR_WECOM_ERRCODE': {
      const { api, errcode, errmsg } = refusal;
      // The catalogue is long and a sign-in that works never needs it.
      const { errcodeEntry } = await import('../wecom/errcodes.ts');
      return new WecomErrcode(api, errcode, errmsg, errcodeEntry(errcode));
    }
  }
}
