/**
 * The metadata of OpenID Connect Discovery 1.0 and of RFC 8414, for the provider in lib/openid. It is
 * written out here so that neither document loads the library; tests/functions/openidDiscovery.test.ts
 * compares it with the library's.
 *
 * @param issuer the stage's base URL, without a slash at the end
 * @param hasProvider if false, the metadata only has the address of the keys that sign sessions: API
 *   Gateway's JWT authorizer needs no more, and no program can sign people in with it
 */
export function openidConfiguration(issuer: string, hasProvider: boolean): object {
  if (!hasProvider) {
    return {
      issuer,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }
  const methods = ['client_secret_basic', 'client_secret_post', 'none'];
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth2/authorize`,
    token_endpoint: `${issuer}/oauth2/token`,
    userinfo_endpoint: `${issuer}/oauth2/userinfo`,
    revocation_endpoint: `${issuer}/oauth2/revoke`,
    end_session_endpoint: `${issuer}/oauth2/logout`,
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    response_types_supported: ['code'],
    response_modes_supported: ['form_post', 'fragment', 'query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    scopes_supported: ['openid', 'offline_access', 'profile', 'email', 'phone', 'groups'],
    claims_supported: [
      'sub',
      'name',
      'preferred_username',
      'department',
      'position',
      'groups',
      'email',
      'email_verified',
      'phone_number',
      'sid',
      'auth_time',
      'iss',
    ],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    token_endpoint_auth_methods_supported: methods,
    revocation_endpoint_auth_methods_supported: methods,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    backchannel_logout_supported: true,
    backchannel_logout_session_supported: true,
    claims_parameter_supported: true,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
  };
}
