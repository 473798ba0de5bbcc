import { WecomAuthError } from '../errors.ts';
import type { Channel } from './sharedKeys.ts';

/** The codes of WXBizMsgCrypt, WeCom's own library (document 90968), and two checks of our own. */
const REASONS = {
  '-40001': 'The signature does not match',
  '-40002': 'The body is not the XML of a push',
  '-40005': 'The message is for another receiver',
  '-40007': 'The ciphertext cannot be decrypted',
  '-40008': 'The decrypted bytes are not a message',
  '-40010': 'The ciphertext is not base64',
  stale: 'The timestamp is more than five minutes from now',
  echo: 'The decrypted echostr is not an echo text',
} as const;

/** Why a callback was refused, for the log. */
export type Refusal = keyof typeof REASONS;

/** Found after the signature was verified: only a holder of the Token can cause them. */
const SIGNED_REFUSALS: ReadonlySet<unknown> = new Set(['-40005', '-40007', '-40008', '-40010']);

/**
 * Whether the refused message had a valid signature, so that a setting is wrong.
 *
 * @param refusal as in a log line
 */
export function isSignedRefusal(refusal: unknown): boolean {
  return SIGNED_REFUSALS.has(refusal);
}

/**
 * A request that is not from WeCom, not for this corp, or not recent. Every refusal gets the same
 * response, so a caller cannot tell which check failed; `details.refusal` is for the operator.
 */
export class CallbackRefused extends WecomAuthError {
  override readonly name = 'CallbackRefused';
  readonly code = 'ERR_CALLBACK_REFUSED';
  readonly refusal: Refusal;

  /** @param channel whose keys were used, for the operator */
  constructor(refusal: Refusal, channel?: Channel) {
    super(REASONS[refusal], { refusal, channel });
    this.refusal = refusal;
  }
}

/** The channel's parameter does not exist in SSM. */
export class CallbackNotConfigured extends WecomAuthError {
  override readonly name = 'CallbackNotConfigured';
  readonly code = 'ERR_CALLBACK_NOT_CONFIGURED';
}

/** A push is not processed yet, here or on another instance: WeCom has to deliver it again. */
export class CallbackInProgress extends WecomAuthError {
  override readonly name = 'CallbackInProgress';
  readonly code = 'ERR_CALLBACK_IN_PROGRESS';
}
