import {
  addressProblem,
  audienceProblem,
  isHostName,
  logoutProblem,
} from '../../../lib/administration/clientAddress.ts';
import { isWithin, literalAddress } from '../../../lib/openid/networkAddress.ts';
import { must, type Target } from '../target.ts';

/* Addresses that a client is registered with: https, or its own scheme; logout tokens leave for no inner host. */

export default {
  seeds: [
    'https://app.example.com/login?a=b',
    'http://localhost:3000/callback',
    'http://[::1]/',
    'com.example.app:/callback',
    'javascript:alert(1)',
    'https://user@app.example.com/',
    'https://169.254.169.254/latest',
    'https://[::ffff:169.254.169.254]/',
    'https://0x7f.1/',
    'https://localhost./',
    'api.example.com',
    'urn:example:api',
  ],
  run(input) {
    const text = input.toString();
    if (addressProblem(text, [text], true) === undefined) {
      const { protocol, hostname, username, password, hash } = new URL(text);
      must(username + password + hash === '', 'an address with a user or a fragment');
      const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
      must(protocol !== 'http:' || isLoopback, 'http to another host');
      must(!/^(javascript|data|file|blob|vbscript):$/.test(protocol), 'a scheme that runs');
    }
    if (logoutProblem(text, false) === undefined) {
      const { protocol, hostname } = new URL(text);
      must(protocol === 'https:', 'a logout address that is not https');
      const literal = literalAddress(hostname);
      must(
        literal === undefined || isWithin(literal, 'private'),
        'a logout address of this machine',
      );
      must(!/(^|\.)localhost\.?$/.test(hostname), 'a logout address of this machine, by name');
    }
    if (audienceProblem(text) === undefined) must(URL.canParse(text), 'an audience that is no URI');
    if (isHostName(text))
      must(new URL(`https://${text}/`).hostname === text, 'a host that is written otherwise');
  },
} satisfies Target;
