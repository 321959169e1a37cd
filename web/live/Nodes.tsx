import type { LiveNode } from '../../src/live/data.ts';
import { Scroll } from '../components/Scroll.tsx';
import type { Connection } from './connection.ts';

export interface NodesProps {
  readonly lab: string;
  readonly nodes: readonly LiveNode[];
  readonly active: readonly string[];
  readonly output: { readonly node: string; readonly text: string } | undefined;
  readonly ask: Connection['ask'];
}

/** Nodes with their states, the faults of a whole node by one click, and their output. */
export function Nodes({ lab, nodes, active, output, ask }: NodesProps) {
  return (
    <section aria-labelledby="nodes-title">
      <h2 id="nodes-title">Nodes</h2>
      <Scroll label={`Nodes of ${lab}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Node</th>
              <th scope="col">Kind</th>
              <th scope="col">State</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {nodes.map((node) => (
              <tr key={node.name}>
                <th scope="row">{node.name}</th>
                <td>{node.kind}</td>
                <td class={node.state === 'running' ? undefined : 'state-bad'}>{node.state}</td>
                <td>
                  <span class="buttons">
                    {['kill', 'pause', 'cut'].map((kind) => (
                      <Fault key={kind} text={`${kind}:${node.name}`} active={active} lab={lab} ask={ask} />
                    ))}
                    <button type="button" class="button" onClick={() => ask({ type: 'logs', lab, node: node.name })}>
                      Logs<span class="visually-hidden"> of {node.name}</span>
                    </button>
                  </span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {output && (
        <figure aria-label={`Output of ${output.node}`}>
          <figcaption>
            Output of <strong>{output.node}</strong>
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1) */}
          <pre class="output" tabIndex={0}>
            {output.text}
          </pre>
        </figure>
      )}
    </section>
  );
}

interface FaultProps extends Pick<NodesProps, 'lab' | 'active' | 'ask'> {
  readonly text: string;
}

/** A button that injects a fault, or heals it while it is active. */
function Fault({ text, active, lab, ask }: FaultProps) {
  const is = active.includes(text);
  return (
    <button
      type="button"
      class="button"
      aria-pressed={is}
      onClick={() => ask({ type: is ? 'heal' : 'fault', lab, fault: text })}
    >
      {is ? 'Heal ' : ''}
      {text}
    </button>
  );
}
