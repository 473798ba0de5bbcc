import { NotFound } from '../lib/errors.ts';
import { plainText } from '../lib/http/answer.ts';
import { type Handler, route } from '../lib/http/route.ts';

/** The characters that WeCom's console shows: in the file's name and in the file. */
const PROOF = /^[0-9A-Za-z]{16}$/;

/**
 * `GET /WW_verify_….txt`: proves to WeCom that the domain is ours. The body is the 16 characters of
 * the name, without a line end.
 */
export function createHandler(environment: NodeJS.ProcessEnv): Handler {
  return route(
    { name: 'domainProof', failureMessage: '域名归属验证失败', environment },
    async ({ path }) => {
      const proof = environment['DOMAIN_PROOF'] ?? '';
      if (!PROOF.test(proof) || path !== `/WW_verify_${proof}.txt`) {
        throw new NotFound("The path is not the stage's proof");
      }
      return plainText(proof);
    },
  );
}

export const handler = createHandler(process.env);
