/**
 * WeCom's rule for a userid: 1 to 64 of `0-9A-Za-z_-@.`, the first one a letter or digit
 * (document 90196). A linked corp's member (`CorpId/userid`) does not match.
 */
export function isUserid(text: string): boolean {
  return /^[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}$/.test(text);
}

/** Userids are unique without regard to case: this is the form in which they are compared and stored. */
export function foldUserid(userid: string): string {
  return userid.toLowerCase();
}

/** Whether both are userids, and those of one member. */
export function isSameUserid(one: string, other: string): boolean {
  return isUserid(one) && isUserid(other) && foldUserid(one) === foldUserid(other);
}
