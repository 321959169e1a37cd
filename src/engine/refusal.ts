import { Failure } from '../failure.ts';

/** Whose container it is that the engine speaks of. */
export interface Owner {
  readonly lab: string;
  /** Undefined: the lab's fabric. */
  readonly node: string | undefined;
}

/** What the engine says no to, told as what it means for the lab: mostly, that a container is not there or does not run any more. */
export class Refusal extends Failure {
  /** As HTTP has it: 404 not there, 409 not in the state for it. */
  readonly status: number;

  constructor(status: number, message: string, hint: string | undefined) {
    super('environment', message, hint);
    this.status = status;
  }
}

/** What the engine's client makes of an answer: `(HTTP code 409) container stopped/paused - Container ID is not running`. */
const ANSWER = /^\(HTTP code \d+\) (.*?) - (.*)$/s;

/** The engine's answer, with its status and text, about a container of `owner` or about none. */
export function refusal(status: number, text: string, owner?: Owner): Refusal {
  const [, kind = '', words = text] = ANSWER.exec(text) ?? [];
  const said = words.trim() || kind.trim() || 'no reason given';
  if (!owner) return new Refusal(status, `the container engine refuses, with status ${status}: ${said}`, undefined);
  const { lab, node } = owner;
  const whose = node === undefined ? `the fabric of lab "${lab}"` : `node "${node}" of lab "${lab}"`;
  const wires = node === undefined ? ', and the lab’s wires with it' : '';
  const back = node === undefined ? `\`lab up\` starts the lab over` : `\`lab up\` brings it back`;
  const [state, hint] = meaning(status, said) ?? [];
  if (state === 'gone')
    return new Refusal(
      status,
      `${whose} is gone${wires}: its container was removed`,
      `${back}; \`lab ls\` lists running labs`,
    );
  if (state === 'ended')
    return new Refusal(
      status,
      `${whose} is not running${wires}: its container has ended`,
      `${back}; \`lab logs ${lab}${node === undefined ? '' : ` ${node}`}\` shows its last output`,
    );
  if (state !== undefined) return new Refusal(status, `${whose} is ${state}`, hint?.replace('NAME', lab));
  return new Refusal(
    status,
    `the container engine refuses what ${whose} needs, with status ${status}: ${said}`,
    '`lab doctor` shows what the engine allows',
  );
}

/** What an answer about a container means: the state that it is in, and what is to be done. Docker's words, and podman's. */
function meaning(status: number, said: string): readonly [state: string, hint?: string] | undefined {
  if (/\bis paused\b/i.test(said)) return ['paused', '`lab heal NAME` heals its fault'];
  if (/marked for removal|removal .*in progress|being removed/i.test(said))
    return ['being removed', 'the lab may be being taken down; `lab ls` lists running labs'];
  if (status === 404 && /no such (container|exec)|no container with/i.test(said)) return ['gone'];
  if (status === 409 && /is not running|not running|stopped|can only create exec sessions on running/i.test(said))
    return ['ended'];
  return undefined;
}
