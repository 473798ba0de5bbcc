import { XMLParser } from 'fast-xml-parser';
import { CallbackRefused } from './errors.ts';

/**
 * Levels of elements, `<xml>` included. The deepest documented messages are those of approvals:
 * xml/ApprovalInfo/ApprovalNodes/ApprovalNode/Items/Item/ItemName.
 */
const MAX_LEVELS = 7;
/** Start and end tags. An approval by 200 people has some 3 500. */
const MAX_TAGS = 4_000;

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  ignoreDeclaration: true,
  parseTagValue: false,
  // Counts the levels below the root.
  maxNestedTags: MAX_LEVELS - 1,
  jPath: false,
});

/** The fields of a message: texts, or objects and arrays if a field is nested or repeated. */
export type XmlFields = Readonly<Record<string, unknown>>;

/**
 * Reads the subset of XML that WeCom writes: one `<xml>` with plain elements, text and CDATA, and at
 * most a declaration. DTDs, entity definitions, attributes, comments and processing instructions are
 * refused before the parser runs. Entities in texts stay as written. Control characters in texts,
 * which XML forbids, are kept.
 *
 * @param text of bounded length
 * @returns nothing if the text is not such a message
 */
export function readXml(text: string): XmlFields | undefined {
  if (!isPlain(text)) return undefined;
  try {
    const { xml } = parser.parse(text, true);
    return typeof xml === 'object' && !Array.isArray(xml) ? xml : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a field: `''` if the field is absent, nothing if it is nested or repeated. */
export function textOf(fields: XmlFields, name: string): string | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : '';
  return typeof value === 'string' ? value : undefined;
}

/**
 * The ciphertext in the body of a push (document 90238). Nothing else of the outer XML is read,
 * because it is not signed.
 *
 * @param body of bounded length
 * @throws CallbackRefused
 */
export function readEnvelope(body: string): string {
  const fields = readXml(body);
  const encrypted = fields && textOf(fields, 'Encrypt');
  if (!encrypted) throw new CallbackRefused('-40002');
  return encrypted;
}

/** Whether every `<` outside CDATA begins a tag without attributes, MAX_TAGS of them at most. */
function isPlain(text: string): boolean {
  const markup = text
    .replace(/^\s*<\?xml[^<>]*\?>/, '')
    .split(']]>')
    // `&` keeps the text before and after a CDATA section from joining to a tag.
    .map((section) => section.split('<![CDATA[', 1)[0])
    .join('&');
  return (
    markup.split('<', MAX_TAGS + 2).length <= MAX_TAGS + 1 &&
    !/<(?!\/?[A-Za-z]\w*\s*\/?>)/.test(markup)
  );
}
