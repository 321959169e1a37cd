import type { LiveService, LiveState, LogEntry } from './data.ts';

type Change = Pick<LogEntry, 'kind' | 'text'>;

/** Returns what changed in a lab between two looks, in words: what its event log and `lab watch` tell. */
export function changesBetween(before: LiveState | undefined, after: LiveState): readonly Change[] {
  const isOther = before?.trouble !== after.trouble;
  if (!before || before.up !== after.up || (isOther && after.up !== 'running'))
    return [{ kind: 'lab', text: upWords(after) }, ...(after.up === 'running' ? firstWords(before, after) : [])];
  return [
    ...(isOther ? [{ kind: 'lab', text: upWords(after) } as const] : []),
    ...after.nodes.flatMap((node): Change[] => {
      const old = before.nodes.find((n) => n.name === node.name);
      return old && old.state !== node.state ? [{ kind: 'node', text: `${node.name} is ${node.state}` }] : [];
    }),
    ...after.masters.flatMap(({ instance, nodes }): Change[] => {
      const old = before.masters.find((m) => m.instance === instance);
      return old && old.nodes.join() !== nodes.join() ? [{ kind: 'master', text: masterWords(instance, nodes) }] : [];
    }),
    ...faultChanges(before.active, after.active),
    ...after.tables.flatMap(({ node, services }) =>
      services.flatMap((service): Change[] => {
        const old = before.tables.find((t) => t.node === node)?.services.find((s) => s.entry === service.entry);
        return old ? serverChanges(node, old, service).map((text) => ({ kind: 'table', text })) : [];
      }),
    ),
  ];
}

/** Returns who is master of an instance, in words. */
export function masterWords(instance: string, nodes: readonly string[]): string {
  if (nodes.length === 0) return `${instance} has no master`;
  return nodes.length === 1
    ? `${nodes[0]} is master of ${instance}`
    : `${nodes.join(' and ')} are masters of ${instance}`;
}

function upWords({ up, trouble }: LiveState): string {
  const words = { running: 'the lab runs', broken: 'the lab is broken', gone: 'the lab is gone', unknown: 'unknown' }[
    up
  ];
  if (up === 'unknown') return trouble ?? words;
  return trouble === undefined ? words : up === 'running' ? trouble : `${words}: ${trouble}`;
}

/** What is told of a lab that is seen again: who is master, and what was injected or healed meanwhile. */
function firstWords(before: LiveState | undefined, { masters, active }: LiveState): readonly Change[] {
  return [
    ...masters
      .filter((m) => m.nodes.length > 0)
      .map((m): Change => ({ kind: 'master', text: masterWords(m.instance, m.nodes) })),
    ...faultChanges(before?.active ?? [], active),
  ];
}

function faultChanges(before: readonly string[], after: readonly string[]): readonly Change[] {
  return [
    ...missingIn(before, after).map((text): Change => ({ kind: 'fault', text: `${text} is active` })),
    ...missingIn(after, before).map((text): Change => ({ kind: 'heal', text: `${text} is healed` })),
  ];
}

function serverChanges(director: string, before: LiveService, after: LiveService): readonly string[] {
  const of = (service: LiveService, address: string) => service.reals.find((r) => r.address === address);
  return [
    ...before.reals.filter((r) => !of(after, r.address)).map((r) => `${director} takes ${r.node} out of ${after.name}`),
    ...after.reals.flatMap((r) => {
      const old = of(before, r.address);
      if (!old) return [`${director} takes ${r.node} into ${after.name}, weight ${r.weight}`];
      return old.weight === r.weight
        ? []
        : [`${director} gives ${r.node} in ${after.name} weight ${r.weight}, before ${old.weight}`];
    }),
  ];
}

function missingIn(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.filter((text) => !before.includes(text));
}
