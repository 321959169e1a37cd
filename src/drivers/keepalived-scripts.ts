import type { Lab } from '../model/lab.ts';
import { instancesOf } from '../model/lookup.ts';
import type { LabNode } from '../model/node.ts';
import type { Real, Service } from '../model/service.ts';
import type { VrrpInstance } from '../model/vrrp.ts';
import type { Kept, SnatServer } from './keepalived-kept.ts';

/**
 * A command that keepalived runs, in a file of its own that is named after its purpose: whatever the command contains,
 * keepalived.conf cannot mistake it for its own quotes, braces or comments.
 */
export interface Script {
  readonly path: string;
  readonly command: string;
}

function script(name: string, command: string): Script {
  return { path: `/lab/scripts/${name}.sh`, command };
}

/** Returns the script of a command that an instance tracks. */
export function trackScript(instance: VrrpInstance, index: number, command: string): Script {
  return script(`track.${instance.name}.${index + 1}`, command);
}

/** Returns the script that runs when a service's quorum is reached or lost. */
export function quorumScript(service: Service, when: 'up' | 'down', command: string): Script {
  return script(`quorum.${service.name}.${when}`, command);
}

/** Returns the script that checks a real server: the command with the server's own address and port. */
export function checkScript(service: Service, real: Real, command: string): Script {
  const aimed = command.replaceAll('{address}', real.address).replaceAll('{port}', String(real.port));
  return script(`check.${service.name}.${real.node}`, aimed);
}

/**
 * Returns the script of an SNAT rule for one protocol, with the rule's address and the protocol: the check of the address,
 * or what runs when its quorum is reached or lost.
 */
export function snatScript({ rule, protocol }: SnatServer, purpose: 'check' | 'up' | 'down', command: string): Script {
  const aimed = command.replaceAll('{address}', rule.to).replaceAll('{protocol}', protocol);
  return script(`snat.${rule.name}.${protocol}.${purpose}`, aimed);
}

/** Returns every script that a director's generated keepalived.conf names. */
export function scriptsOf(lab: Lab, node: LabNode, { services, snat }: Kept): readonly Script[] {
  const tracked = instancesOf(lab, node).flatMap((v) =>
    v.track.flatMap((t, i) => ('script' in t ? [trackScript(v, i, t.script)] : [])),
  );
  const balanced = services.flatMap((s) => {
    const { probe } = s.health ?? {};
    return [
      ...(['up', 'down'] as const).flatMap((when) => {
        const command = s.quorum?.[when];
        return command === undefined ? [] : [quorumScript(s, when, command)];
      }),
      ...(probe?.kind === 'misc' ? s.reals.map((real) => checkScript(s, real, probe.script)) : []),
    ];
  });
  const translated = snat.flatMap((server) => {
    const { health, quorum } = server.rule;
    return [
      ...(health?.probe.kind === 'misc' ? [snatScript(server, 'check', health.probe.script)] : []),
      ...(quorum?.up === undefined ? [] : [snatScript(server, 'up', quorum.up)]),
      ...(quorum?.down === undefined ? [] : [snatScript(server, 'down', quorum.down)]),
    ];
  });
  return [...tracked, ...balanced, ...translated];
}
