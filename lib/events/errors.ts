import { WecomAuthError } from '../errors.ts';

/** Events were not stored in the queue, or not put on the bus. */
export class EventNotSent extends WecomAuthError {
  override readonly name = 'EventNotSent';
  readonly code = 'ERR_EVENT_NOT_SENT';
}
