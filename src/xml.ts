import { DOMImplementation, type Document, type Node, XMLSerializer } from '@xmldom/xmldom';

/** An XML element; its attributes and texts may be anything. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number>>;
  /** Its content: text, or elements. */
  readonly content: string | readonly Element[];
}

export function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content: string | readonly Element[] = [],
): Element {
  return { name, attributes, content };
}

/**
 * Returns an element as an XML 1.0 document, without a declaration. Characters that XML does not allow (most control
 * characters, lone surrogates, U+FFFE, U+FFFF) become U+FFFD, the replacement character.
 */
export function writeXml(root: Element): string {
  const document = new DOMImplementation().createDocument(null, '');
  add(document, document, root, '\n');
  // Throws if the document would not be well-formed.
  return `${new XMLSerializer().serializeToString(document, { requireWellFormed: true })}\n`;
}

/** Adds an element. `line`: an end of line and the indent of the element. */
function add(document: Document, to: Node, { name, attributes, content }: Element, line: string): void {
  const made = document.createElement(name);
  to.appendChild(made);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, allowed(String(value)));
  if (typeof content === 'string') {
    made.appendChild(document.createTextNode(allowed(content)));
    return;
  }
  for (const child of content) {
    made.appendChild(document.createTextNode(`${line}  `));
    add(document, made, child, `${line}  `);
  }
  if (content.length > 0) made.appendChild(document.createTextNode(line));
}

/** Replaces characters that XML does not allow (XML 1.0 §2.2). */
function allowed(text: string): string {
  return text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
