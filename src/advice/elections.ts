import type { Director, Instance } from '../import/conf.ts';
import { plainDevice } from '../import/parties.ts';
import type { VrrpInstance, VrrpMember, VrrpTrack } from '../model/vrrp.ts';
import { type At, keyAt, type Subject, valueAt } from './rule.ts';

/** Something tracked that changes a director's priority. */
export interface Weighed {
  readonly what: string;
  /** How much lower the priority is when it fails. */
  readonly drop: number;
  readonly at: At;
}

/** A director in the election of an instance, as its own keepalived.conf says, else as the lab does. */
export interface Candidate {
  readonly node: string;
  readonly priority: number;
  /** Milliseconds between two adverts. */
  readonly advert: number;
  readonly version: 2 | 3;
  readonly preempt: boolean;
  /** Whether its configuration starts it as master. */
  readonly startsAsMaster: boolean;
  readonly weighed: readonly Weighed[];
  /** Where each of these is said. */
  readonly at: Readonly<Record<'priority' | 'advert' | 'preempt', At>>;
}

/** The directors of an instance, the highest priority first. */
export interface Election {
  readonly name: string;
  readonly candidates: readonly Candidate[];
}

/** Returns the elections of a lab. */
export function electionsOf({ lab, confs }: Subject): readonly Election[] {
  return lab.vrrp.map((vrrp) => ({
    name: vrrp.name,
    candidates: vrrp.members
      .map((member) => {
        const conf = confs.get(member.node);
        const own = conf?.instances.find(
          (i) => i.id === vrrp.id && (i.name === vrrp.name || plainDevice(i.device ?? '') === member.device),
        );
        return conf && own ? fromConf(member.node, own, conf) : fromLab(vrrp, member);
      })
      .sort((a, b) => b.priority - a.priority),
  }));
}

function fromLab(vrrp: VrrpInstance, { node, priority }: VrrpMember): Candidate {
  const { name, advert, version, preempt, track } = vrrp;
  const path = ['vrrp', name];
  return {
    node,
    priority,
    advert,
    version,
    preempt,
    startsAsMaster: false,
    weighed: track.flatMap((t, i) =>
      t.weight === 0 ? [] : [{ what: trackWords(t), drop: Math.abs(t.weight), at: valueAt(...path, 'track', i) }],
    ),
    at: {
      priority: valueAt(...path, 'priorities', node),
      advert: valueAt(...path, 'advert'),
      preempt: keyAt(...path, 'preempt'),
    },
  };
}

function trackWords(track: VrrpTrack): string {
  return 'script' in track ? `the script "${track.script}"` : `the interface on "${track.segment}"`;
}

function fromConf(node: string, own: Instance, { scripts }: Director): Candidate {
  const at = (word: string): At => ({ place: own.places.get(word) ?? own.place });
  return {
    node,
    priority: own.priority,
    advert: own.advert,
    version: own.version ?? 2,
    preempt: own.preempt,
    startsAsMaster: own.master,
    weighed: own.tracked.flatMap(({ kind, name, weight, place }) => {
      // A positive weight is added while all is well, so its loss counts as much (keepalived.conf(5)).
      const drop = Math.abs(weight ?? (kind === 'script' ? (scripts.get(name)?.weight ?? 0) : 0));
      const what = kind === 'script' ? `script "${name}"` : `interface "${name}"`;
      return drop === 0 ? [] : [{ what, drop, at: { place } }];
    }),
    at: { priority: at('priority'), advert: at('advert_int'), preempt: at('nopreempt') },
  };
}
