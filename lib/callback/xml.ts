import { XMLParser } from 'fast-xml-parser';

/** `<xml>`, a field, and three more for what some events nest (ExtAttr). */
const DEPTH = 5;
/** A member with every field and twenty of the corp's own filled has some 300. */
const TAGS = 2_000;

const parser = new XMLParser({
  ignoreAttributes: true,
  processEntities: false,
  ignoreDeclaration: true,
  parseTagValue: false,
  maxNestedTags: DEPTH,
  jPath: false,
});

/** The fields of a message: texts; objects and arrays where a field is nested or repeated. */
export type XmlFields = Readonly<Record<string, unknown>>;

/**
 * Reads the little XML that WeCom writes: one `<xml>` with plain elements, text and CDATA, and at
 * most a declaration. All else that XML knows, DTDs, entities' definitions, attributes, comments and
 * processing instructions, is refused before the parser sees it. Entities in texts stay as written.
 *
 * @param text of bounded length
 * @returns nothing when it is not such a message
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

/** Whether, outside CDATA, every `<` begins a tag without attributes, and there are not too many. */
function isPlain(text: string): boolean {
  const markup = text
    .replace(/^\s*<\?xml[^<>]*\?>/, '')
    .split(']]>')
    // What stood before and after a CDATA section must not join to a tag.
    .map((section) => section.split('<![CDATA[', 1)[0])
    .join('&');
  return (
    markup.split('<', TAGS + 2).length <= TAGS + 1 && !/<(?!\/?[A-Za-z]\w*\s*\/?>)/.test(markup)
  );
}
