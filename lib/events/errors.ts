import { WecomAuthError } from '../errors.ts';

/** SQS did not store events, or EventBridge did not accept them. */
export class EventNotSent extends WecomAuthError {
  override readonly name = 'EventNotSent';
  readonly code = 'ERR_EVENT_NOT_SENT';
}
