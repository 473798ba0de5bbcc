import { WecomAuthError } from '../errors.ts';
import type { Channel } from './channel.ts';

/** WXBizMsgCrypt's codes, as WeCom's own libraries name what went wrong (document 90968). */
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

/** What the log says of a refusal: one of WXBizMsgCrypt's codes, or a check that is our own. */
export type Refusal = keyof typeof REASONS;

/**
 * A request that WeCom did not send, or not to us, or not now. From outside all of them look the
 * same; `details.refusal` is for the operator.
 */
export class CallbackRefused extends WecomAuthError {
  override readonly name = 'CallbackRefused';
  readonly code = 'ERR_CALLBACK_REFUSED';

  readonly refusal: Refusal;

  /** @param channel whose keys did not fit, for the operator */
  constructor(refusal: Refusal, channel?: Channel) {
    super(REASONS[refusal], { refusal, channel });
    this.refusal = refusal;
  }
}

/** Nobody has set up this channel: its parameter is not in SSM. */
export class CallbackNotConfigured extends WecomAuthError {
  override readonly name = 'CallbackNotConfigured';
  readonly code = 'ERR_CALLBACK_NOT_CONFIGURED';
}

/** The same push is being worked on elsewhere and is not done yet: WeCom has to deliver it again. */
export class CallbackInProgress extends WecomAuthError {
  override readonly name = 'CallbackInProgress';
  readonly code = 'ERR_CALLBACK_IN_PROGRESS';
}
