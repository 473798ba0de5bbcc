/**
 * OpenID Connect Discovery 1.0, as far as it is true here: enough for API Gateway's JWT authorizer
 * and for libraries to find the keys. There is no token endpoint: a sign-in ends with
 * `POST /api/wecom/getUserInfo`.
 */
export function openidConfiguration(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/api/wecom/authorize`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    scopes_supported: ['snsapi_base', 'snsapi_privateinfo'],
    code_challenge_methods_supported: ['S256'],
    claims_supported: ['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'corp', 'agent'],
  };
}
