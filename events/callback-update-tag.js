import { pushEvent } from '../local/callbackEvent.ts';

const event = pushEvent('contacts', {
  FromUserName: 'sys',
  Event: 'change_contact',
  ChangeType: 'update_tag',
  TagId: 1,
  AddUserItems: 'lisi',
});

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
