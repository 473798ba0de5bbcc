import { verificationEvent } from '../local/callbackEvent.ts';

const event = verificationEvent('app');

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
