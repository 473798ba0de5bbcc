import type { StageParameters } from './stageFile.ts';

/** Whether the stage has the OpenID provider: the rule of resources/derived.cjs. */
export function hasProvider({ openidProvider, domainName }: StageParameters): boolean {
  return openidProvider === 'auto' ? Boolean(domainName) : String(openidProvider) === 'true';
}

/**
 * What keeps a deployed stage from having the OpenID provider.
 *
 * WeCom returns to one host for each app, whose domain is filed for the corp. So the provider needs a
 * domain of its own, and a front end that signs in by the same app has to be on it.
 */
export function providerProblems(parameters: StageParameters): string[] {
  const { environment, domainName, sessionIssuer, redirectUris } = parameters;
  if (environment === 'local' || !hasProvider(parameters)) return [];
  if (!domainName) {
    return [
      'domainName is needed by the OpenID provider: WeCom returns to it. Set it with certificateArn, or set openidProvider: false',
    ];
  }
  const problems = [];
  const issuer = `https://${domainName}`;
  if (sessionIssuer !== undefined && String(sessionIssuer).replace(/\/+$/, '') !== issuer) {
    problems.push(
      `sessionIssuer must be ${issuer} or left out: the OpenID provider is where its issuer is. Otherwise set openidProvider: false`,
    );
  }
  const others = hostsOtherThan(String(domainName), redirectUris);
  if (others.length > 0) {
    problems.push(
      `redirectUris must all be on ${domainName}, not on ${others.join(', ')}: WeCom returns to one host for each app, and the OpenID provider is there. Give the provider a second app of WeCom and a stage of its own, and set openidProvider: false here`,
    );
  }
  return problems;
}

/** The hosts of the redirect URIs other than this one. */
export function hostsOtherThan(own: string, redirectUris: unknown): string[] {
  const hosts = String(redirectUris ?? '')
    .split(/[\s,]+/)
    .flatMap((address) => URL.parse(address)?.host ?? []);
  return [...new Set(hosts)].filter((host) => host !== own);
}
