/** The permission that `verify` asks about when it is not told which. */
export const ACCESS = 'access';

/** In a grant: every permission. Never a name to ask about. */
export const ANY_PERMISSION = '*';

/** A holder may ask `verify` about others. */
export const VERIFY_ANY = 'verify:any';

/** 1 to 64 of `a-z 0-9 : . _ -`: one way to write each name, and nothing that separates keys. */
export function isPermissionName(text: string): boolean {
  return /^[a-z0-9:._-]{1,64}$/.test(text);
}
