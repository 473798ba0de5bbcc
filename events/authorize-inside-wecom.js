import { authorizeEvent } from '../local/authorizeEvent.ts';

const event = authorizeEvent({
  scope: 'snsapi_privateinfo',
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 wxwork/4.1.36 MicroMessenger/7.0.1 Language/zh',
});

// What `require` gives, which is how `serverless invoke local` reads it.
export { event as 'module.exports' };
