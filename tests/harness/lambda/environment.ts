/** The environment of a function of the local stage, without the addresses of its services. */
export const ENVIRONMENT = {
  STAGE: 'local',
  WECOM_CORP_ID: 'ww0a1b2c3d4e5f6a7b',
  WECOM_AGENT_ID: '1000002',
  WECOM_SECRET_PARAMETER: '/wecom-auth/local/app-secret',
  SESSION_ISSUER: 'http://localhost:3000',
  SESSION_KEYS_PARAMETER: '/wecom-auth/local/session-keys',
  CACHE_TABLE: 'wecom-auth-local-cache',
  PERMISSION_TABLE: 'wecom-auth-local-permissions',
  PERSON_CHANGES_FUNCTION: 'wecom-auth-local-personChanges',
  SIGN_OUTS_FUNCTION: 'wecom-auth-local-signOuts',
  VERIFY_ACCESS: 'open',
  LOG_KEY: 'a key of 32 characters, or more...',
  AWS_ACCESS_KEY_ID: 'local',
  AWS_SECRET_ACCESS_KEY: 'local',
};
