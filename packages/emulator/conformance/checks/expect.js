import assert from 'node:assert/strict';

/*
 * What must come. Each throws an AssertionError that names the response. errmsg is checked where a real
 * answer was captured.
 */

const HINT =
  /^, hint: \[\d{25}\], from ip: [\d.:a-f]*, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=-?\d+$/;

/** @param text the errmsg; with `hint`, what stands before the hint */
export function refused(response, errcode, text, { hint } = {}) {
  assert.equal(response.status, 200, `the status is ${response.status}`);
  assert.equal(response.json?.errcode, errcode, said(response));
  if (text === undefined) return;
  const { errmsg } = response.json;
  assert.ok(errmsg.startsWith(text), said(response));
  if (hint !== undefined) assert.equal(HINT.test(errmsg.slice(text.length)), hint, said(response));
}

export function succeeded(response) {
  assert.equal(response.status, 200, `the status is ${response.status}`);
  assert.equal(response.json?.errcode ?? 0, 0, said(response));
  return response.json;
}

/** One of some errcodes, where reports differ. @returns what came, for the record */
export function refusedAsOneOf(response, errcodes) {
  assert.ok(errcodes.includes(response.json?.errcode), said(response));
  return said(response);
}

/** What came, in short and without secrets. */
export function said({ status, json }) {
  if (json === undefined) return `status ${status}, no JSON`;
  return `${json.errcode} ${String(json.errmsg).split(', hint')[0]}`;
}

export { assert };
