/** The permission that a request of `verify` without `permission` is about. */
export const ACCESS = 'access';

/** In a grant: every permission. `verify` does not accept it as a name. */
export const ANY_PERMISSION = '*';

/** A holder may ask `verify` about others. */
export const VERIFY_ANY = 'verify:any';

/** A holder may administer grants in the console. */
export const ADMIN_PERMISSIONS = 'admin:permissions';
/** A holder may administer the clients of the OpenID provider in the console. */
export const ADMIN_CLIENTS = 'admin:clients';

/**
 * 1 to 64 of `a-z 0-9 : . _ -`. Without capitals there is one way to write a name, and without `#` no name
 * breaks a key.
 */
export function isPermissionName(text: string): boolean {
  return /^[a-z0-9:._-]{1,64}$/.test(text);
}
