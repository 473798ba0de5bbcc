const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/**
 * `JSON.parse` that also reads a byte order mark, and raw control characters inside texts. Real answers
 * have had them in members' names, and a strict parser would lock these members out.
 *
 * They are escaped, not dropped: dropping one could turn a userid into another.
 *
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  const json = text.startsWith('\uFEFF') ? text.slice(1) : text;
  try {
    return JSON.parse(json);
  } catch {
    return JSON.parse(escapeControlCharacters(json));
  }
}

function escapeControlCharacters(json: string): string {
  let escaped = '';
  let copied = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === QUOTE) inText = !inText;
    else if (unit === BACKSLASH && inText) at += 1;
    else if (unit < SPACE && inText) {
      escaped += `${json.slice(copied, at)}\\u${unit.toString(16).padStart(4, '0')}`;
      copied = at + 1;
    }
  }
  return escaped + json.slice(copied);
}
