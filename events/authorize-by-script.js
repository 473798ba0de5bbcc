import { authorizeEvent } from '../local/authorizeEvent.ts';

const event = authorizeEvent({ accept: 'application/json' });

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
