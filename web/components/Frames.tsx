import type { FramePage } from '../../src/page/data.ts';
import { Scroll } from './Scroll.tsx';
import { VerdictMark } from './VerdictMark.tsx';

export interface FramesProps {
  readonly frames: readonly FramePage[];
  /** What they belong to. */
  readonly name: string;
  /** What they are, if not those that decided a check. */
  readonly caption?: string;
}

/** Frames as a packet table, such as those that decided a check; those that are not as promised are marked. */
export function Frames({ frames, name, caption }: FramesProps) {
  if (frames.length === 0) return null;
  const wrong = frames.filter((f) => f.wrong).length;
  const [tunnels, clients] = [frames.some((f) => f.outer), frames.some((f) => f.client)];
  return (
    <div class="frames">
      <Scroll label={`Frames of ${name}`}>
        <table>
          <caption>
            {caption ??
              (frames.length === 1 ? 'The frame that decided it' : `${frames.length} of the frames that decided it`)}
            {wrong > 0 && <strong class="text-failed">, {wrong} not as promised</strong>}
          </caption>
          <thead>
            <tr>
              {wrong > 0 && (
                <th scope="col">
                  <span class="visually-hidden">Verdict</span>
                </th>
              )}
              <th scope="col">Frame from → to</th>
              {tunnels && <th scope="col">Tunnel</th>}
              <th scope="col">Source → destination</th>
              <th scope="col">What</th>
              {clients && <th scope="col">Client told</th>}
              <th scope="col">Segment</th>
              <th scope="col" class="number">
                Time
              </th>
            </tr>
          </thead>
          <tbody>
            {frames.map((f) => (
              <tr class={f.wrong ? 'wrong' : undefined}>
                {wrong > 0 && (
                  <td>
                    <VerdictMark verdict={f.wrong ? 'failed' : 'passed'} label={false} />
                    <span class="visually-hidden">{f.wrong ? 'wrong' : 'as promised'}</span>
                  </td>
                )}
                <td>
                  {f.from} → {f.to}
                  <span class="macs">
                    {f.fromMac} → {f.toMac}
                  </span>
                </td>
                {tunnels && <td>{f.outer ?? '–'}</td>}
                <td>
                  {f.src}
                  {f.dst !== '' && ` → ${f.dst}`}
                </td>
                <td>
                  <strong>{f.protocol}</strong> {f.info}
                </td>
                {clients && <td>{f.client ?? '–'}</td>}
                <td>{f.segment}</td>
                <td class="number">+{f.at.toFixed(1)} ms</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </div>
  );
}
