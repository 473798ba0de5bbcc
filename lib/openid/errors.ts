import { WecomAuthError } from '../errors.ts';

/** An application could not be told of a sign-out, or WeCom could not be asked about the person. */
export class SignOutIncomplete extends WecomAuthError {
  override readonly name = 'SignOutIncomplete';
  readonly code = 'ERR_SIGN_OUT_INCOMPLETE';
}
