/** Colours, if the stream shows them: it is a terminal, and NO_COLOR (no-color.org) is not set. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

export function styleFor(stream: { readonly isTTY?: boolean }): Style {
  const on = stream.isTTY === true && !process.env['NO_COLOR'];
  const code = (open: number, close: number) => (text: string) =>
    on ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return { bold: code(1, 22), dim: code(2, 22), red: code(31, 39), green: code(32, 39), yellow: code(33, 39) };
}
