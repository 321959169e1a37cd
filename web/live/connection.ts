import type { Asked } from '../../src/live/asked.ts';
import type { Told } from '../../src/live/data.ts';

/** A request without the ID that the connection gives it. */
export type Request = Asked extends infer A ? (A extends Asked ? Omit<A, 'id'> : never) : never;

/** The connection to the server. */
export interface Connection {
  /** Asks for something; what is asked while there is no connection is lost. */
  ask(request: Request): void;
  close(): void;
}

/** Milliseconds until a lost connection is tried again. */
const AGAIN_MS = 1000;

/** Connects to the page's own server, again and again. `tell` receives what it tells, `changed` whether it is there. */
export function connect(token: string, tell: (told: Told) => void, changed: (there: boolean) => void): Connection {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;
  const begin = () => {
    socket = new WebSocket(`ws://${location.host}/live`, ['lvslab', token]);
    socket.onopen = () => changed(true);
    socket.onmessage = ({ data }) => tell(JSON.parse(String(data)) as Told);
    socket.onclose = () => {
      changed(false);
      timer = setTimeout(begin, AGAIN_MS);
    };
  };
  begin();
  return {
    ask: (request) => {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ ...request, id: asked++ }));
    },
    close: () => {
      clearTimeout(timer);
      if (socket) socket.onclose = null;
      socket?.close();
    },
  };
}
