/**
 * OpenID Connect Discovery 1.0, also served as RFC 8414's metadata. It says what the provider in
 * lib/openid does, and is written out here so that neither document loads the library; a test holds
 * the two together.
 *
 * @param hasProvider where it is false, all that is left is where the keys of sessions are: enough for
 *   API Gateway's JWT authorizer, and nothing that a program could sign people in by
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
