import type { Samples, Timeline } from '../page/data.ts';

/** Number of characters of a strip. */
const WIDTH = 60;

/**
 * Returns a timeline as lines of text, each character a part of its time: for a client `▂` answered, `×` lost, for a
 * director `█` master.
 */
export function stripText({ from, to, probes, lanes }: Timeline): readonly string[] {
  const step = (to - from) / WIDTH;
  const each = Array.from({ length: WIDTH }, (_, i) => ({ begin: from + i * step, end: from + (i + 1) * step }));
  const name = (text: string) => text.padEnd(12);
  return [
    ...probes.map(({ client, fresh }) => {
      const all = starts(fresh);
      const sign = ({ begin, end }: { begin: number; end: number }) => {
        const here = all.filter((a) => a.at >= begin && a.at < end);
        if (here.some((a) => !a.ok)) return '×';
        return here.length > 0 ? '▂' : ' ';
      };
      return `${name(client)} ${each.map(sign).join('')}`;
    }),
    ...lanes.map(({ node, reigns }) => {
      const sign = ({ begin, end }: { begin: number; end: number }) =>
        reigns.some((r) => r.from < end && r.to >= begin) ? '█' : '·';
      return `${name(node)} ${each.map(sign).join('')}`;
    }),
  ];
}

function starts({ at, lost }: Samples): readonly { readonly at: number; readonly ok: boolean }[] {
  const failed = new Set(lost);
  let now = 0;
  return at.map((step, i) => {
    now += step;
    return { at: now / 10, ok: !failed.has(i) };
  });
}
