import { authorizeEvent } from '../local/authorizeEvent.ts';

const event = authorizeEvent({});

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
