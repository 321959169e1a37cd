import { type App, ownProgram } from './app.ts';
import { echo } from './echo.ts';

const PROGRAM = 'uoa';

/** The counterpart of `toa` for datagrams: the server of `echo`, which reads UOA, too. Its ports count as those of `toa`. */
export const uoa: App & { readonly program: string } = {
  ...echo,
  word: 'toa',
  program: PROGRAM,
  part: (node, ports) => ownProgram(uoa, ['answer', '-u', node.name, ...ports.map(({ port }) => String(port))], ports),
  bounds: [],
};
