import { failure, plainText } from '../lib/http/answer.ts';
import { route } from '../lib/http/route.ts';

/** What WeCom's console puts into the file's name and wants to find in the file. */
const PROOF = /^[0-9A-Za-z]{16}$/;

/**
 * `GET /WW_verify_….txt`: proves to WeCom whose the domain is. The body is the 16 characters of the
 * name and nothing else, no line end either.
 */
export const handler = route(
  { name: 'domainProof', failureMessage: '域名归属验证失败' },
  async (event) => {
    const proof = process.env['DOMAIN_PROOF'] ?? '';
    if (!PROOF.test(proof) || event.rawPath !== `/WW_verify_${proof}.txt`) {
      return failure(404, -1, '接口不存在');
    }
    return plainText(proof);
  },
);
