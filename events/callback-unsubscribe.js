import { pushEvent } from '../local/callbackEvent.ts';

const event = pushEvent('app', {
  FromUserName: 'user123',
  Event: 'unsubscribe',
  EventKey: '',
  AgentID: 1000002,
});

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
