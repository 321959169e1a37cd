import { nothing } from '../nodes/part.ts';
import { type App, listening } from './app.ts';
import { echo } from './echo.ts';

const PROGRAM = 'uoa';

/** The counterpart of `toa` for datagrams: the server of `echo`, which reads UOA, too. Its ports count as those of `toa`. */
export const uoa: App = {
  ...echo,
  word: 'toa',
  program: PROGRAM,
  part: (node, ports) => ({
    ...nothing,
    capabilities: ['NET_BIND_SERVICE'],
    programs: {
      [PROGRAM]: {
        command: ['answer', '-u', node.name, ...ports.map(({ port }) => String(port))],
        ready: ports.map(({ port }) => listening(uoa, port)),
        after: [],
      },
    },
  }),
  bounds: [],
};
