import type { Claims, EndPage } from './program.ts';

/**
 * Reads the claims from the page of one of the small applications in this folder.
 *
 * @throws Error if the ID token and userinfo differ: some relying parties read only one of them
 */
export function claimsOfBoth({ text }: EndPage): Claims {
  const { idToken, userinfo } = JSON.parse(text) as { idToken: Claims; userinfo: Claims };
  const [one, other] = [personal(idToken), personal(userinfo)];
  if (JSON.stringify(one) !== JSON.stringify(other)) {
    throw new Error(`The ID token has ${JSON.stringify(one)}, userinfo ${JSON.stringify(other)}`);
  }
  return one;
}

function personal(claims: Claims): Claims {
  const { sub, name, preferred_username, email, email_verified, groups } = claims;
  return withoutAbsent({ sub, name, preferred_username, email, email_verified, groups });
}

/** @returns the claims that are not undefined */
export function withoutAbsent(claims: { readonly [name in keyof Claims]: unknown }): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
