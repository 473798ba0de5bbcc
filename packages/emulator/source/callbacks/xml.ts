/** Values of an XML message: text is wrapped in CDATA, numbers stand bare, as WeCom writes them. */
type XmlValue = string | number | XmlFields | readonly XmlFields[];
export interface XmlFields {
  [name: string]: XmlValue | undefined;
}

/** `<xml>…</xml>`; undefined values are left out, an array repeats its element. `filler` is ignored white space. */
export function xmlMessage(fields: XmlFields, filler = ''): string {
  return `<xml>${children(fields)}${filler}</xml>`;
}

function children(fields: XmlFields): string {
  return Object.entries(fields)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value]).map((each: XmlValue | undefined) => ({
        name,
        each,
      })),
    )
    .map(({ name, each }) => (each === undefined ? '' : `<${name}>${content(each)}</${name}>`))
    .join('');
}

function content(value: XmlValue): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object') return children(value as XmlFields);
  // CDATA cannot contain its own end.
  return `<![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]>`;
}
