import type { Lab } from '../model/lab.ts';
import { instancesOf, linkTo, vrrpOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { Mode } from '../model/words.ts';
import { modes } from '../modes/index.ts';
import { snat } from '../modes/snat.ts';
import { endpoint } from '../net/cidr.ts';
import { addHostAddress, join, type NodePart, nothing } from '../nodes/part.ts';
import { shell } from '../shell.ts';
import type { Driver, RunInNode } from './driver.ts';
import { joinTable, parseReals, parseTable, parseTimeouts, readCounters, readLimits, readTunnel } from './ipvsadm.ts';
import { KEEPALIVED_CONF, keepalivedFiles, keepalivedPids } from './keepalived-conf.ts';
import type { ServiceTable } from './service-table.ts';

/** ipvsadm's letters for forwarding methods; Full-NAT is NAT with more around it. */
const FORWARD: Readonly<Record<Mode, string>> = { nat: '-m', fnat: '-m', dr: '-g', tun: '-i' };

/** Parts the lists that one command prints. */
const MARKER = '--lvslab--';
/** Shell: all that ipvsadm shows of a table. */
const LISTS = `ipvsadm -Ln
for more in '--stats --exact' '--rate --exact' --thresholds --tun-info; do echo ${MARKER}; ipvsadm -Ln $more; done
echo ${MARKER}; ipvsadm -L --timeout`;

/** What ipvsadm does to a real server: adds it or changes it, which takes a weight, or takes it out. */
function serverCommand(verb: string, { vip, port, protocol, mode }: Service, real: Real, weight?: number): string[] {
  return [
    ...[
      'ipvsadm',
      verb,
      protocol === 'tcp' ? '-t' : '-u',
      endpoint(vip, port),
      '-r',
      endpoint(real.address, real.port),
    ],
    ...(weight === undefined ? [] : [FORWARD[mode], '-w', String(weight)]),
  ];
}

/** keepalived(8): 6 is a script that runs without enable_script_security, which keepalived does all the same. */
const CONFIG_TEST = 'keepalived --config-test || [ $? -eq 6 ]';

/** Kernel LVS, driven by the real keepalived. */
export const ipvs: Driver = {
  name: 'ipvs',

  director(lab: Lab, node: LabNode): NodePart {
    const fixed = lab.services
      .filter((s) => !vrrpOf(lab, s.name))
      .map((s) => addHostAddress(s.vip, linkTo(node, s.vip)?.name ?? 'lo'));
    const table: NodePart = {
      ...nothing,
      modules: ['ip_vs'],
      ip: fixed,
      // A configuration of the user's may run the lab's commands, too.
      files: { ...keepalivedFiles(lab, node), ...(node.keepalived ? { [KEEPALIVED_CONF]: node.keepalived } : {}) },
      checks: [{ program: 'keepalived', file: KEEPALIVED_CONF, command: CONFIG_TEST }],
      started: keepalivedPids(lab, node),
      services: { keepalived: ['keepalived', '--dont-fork', '--log-console', '--log-detail', '--no-syslog'] },
    };
    return join([
      ...(lab.services.length > 0 || node.keepalived || instancesOf(lab, node).length > 0 ? [table] : []),
      ...lab.services.map((s) => modes[s.mode].director(s, node)),
      ...lab.snat.filter((rule) => rule.director === node.name).map((rule) => snat.director(rule)),
    ]);
  },

  weightCommand: (service, real, weight) => serverCommand('-e', service, real, weight),
  removeCommand: (service, real) => serverCommand('-d', service, real),
  addCommand: (service, real, weight) => serverCommand('-a', service, real, weight),

  async readTable(run: RunInNode): Promise<ServiceTable> {
    const output = await run(shell(LISTS));
    const [table = '', stats = '', rate = '', limits = '', tunnels = '', times = ''] = output.split(MARKER);
    const timeouts = parseTimeouts(times);
    return joinTable({ ...parseTable(table), ...(timeouts ? { timeouts } : {}) }, [
      parseReals(stats, (words) => ({ stats: readCounters(words) })),
      parseReals(rate, (words) => ({ rate: readCounters(words) })),
      parseReals(limits, readLimits),
      parseReals(tunnels, readTunnel),
    ]);
  },
};
