import type { Lab } from '../../model/lab.ts';
import { instancesOf, linkTo, vrrpOf } from '../../model/lookup.ts';
import type { LabNode } from '../../model/node.ts';
import type { Real, Service } from '../../model/service.ts';
import { modes } from '../../modes/index.ts';
import { endpoint } from '../../net/cidr.ts';
import { addHostAddress, FORWARDING, join, type NodePart, nothing, ONE_WAY } from '../../nodes/part.ts';
import { shell } from '../../shell.ts';
import type { Driver, RunInNode } from '../driver.ts';
import { KEEPALIVED_CONF, keepalivedFiles, keepalivedPids } from '../keepalived-conf.ts';
import type { ServiceTable } from '../service-table.ts';
import { fullNat } from './full-nat.ts';
import { joinTable, parseReals, parseTable, parseTimeouts, readCounters, readLimits, readTunnel } from './ipvsadm.ts';
import { methodOf } from './method.ts';
import { snatOf } from './snat.ts';

/** Parts the lists that one command prints. */
const MARKER = '--lvslab--';
/** Shell: all that ipvsadm shows of a table. */
const LISTS = `ipvsadm -Ln
for more in '--stats --exact' '--rate --exact' --thresholds --tun-info; do echo ${MARKER}; ipvsadm -Ln $more; done
echo ${MARKER}; ipvsadm -L --timeout`;

/** What ipvsadm does to a real server: adds it or changes it, which takes a weight, or takes it out. */
function serverCommand(verb: string, service: Service, real: Real, weight?: number): string[] {
  const { vip, port, protocol } = service;
  return [
    ...[
      'ipvsadm',
      verb,
      protocol === 'tcp' ? '-t' : '-u',
      endpoint(vip, port),
      '-r',
      endpoint(real.address, real.port),
    ],
    ...(weight === undefined ? [] : [methodOf(service).option, '-w', String(weight)]),
  ];
}

/** keepalived(8): 6 is a script that runs without enable_script_security, which keepalived does all the same. */
const CONFIG_TEST = 'keepalived --config-test || [ $? -eq 6 ]';

/** What a director does for a service beside its VIP and its table. */
function forwarding(service: Service, node: LabNode): NodePart {
  const { source, reply } = modes[service.mode].wire;
  if (source === 'lip') return fullNat(service, node);
  return { ...nothing, sysctls: reply === 'director' ? FORWARDING : ONE_WAY };
}

/** Kernel LVS, driven by the real keepalived. */
export const ipvs: Driver = {
  name: 'ipvs',

  director(lab: Lab, node: LabNode): NodePart {
    if (node.manual) return { ...nothing, modules: ['ip_vs'] };
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
      ...lab.services.map((s) => forwarding(s, node)),
      ...lab.snat.filter((rule) => rule.director === node.name).map(snatOf),
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
