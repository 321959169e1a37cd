import type { Director, Program } from './conf.ts';
import { tellWords } from './keywords.ts';
import { readServices } from './read-service.ts';
import { readInstance, readLips, readScripts, readSyncGroups, readVrrpGlobals } from './read-vrrp.ts';
import type { Conf } from './reader.ts';
import { all, heldIn, last, programOf } from './statements.ts';
import type { Told } from './told.ts';
import { type Statement, treeOf } from './tree.ts';

/** Words before a program that keepalived runs. */
const RUNS =
  /^(notify(_.*)?|script|misc_path|quorum_up|quorum_down|startup_script|shutdown_script|.*notify_fifo_script)$/;
/** Words that only DPVS's keepalived knows. */
const OF_DPVS = ['local_address_group', 'dpdk_interface', 'laddr_group_name'];

/** Reads a director's configuration. */
export function readDirector(conf: Conf, host: string | undefined, told: Told): Director {
  const tree = treeOf(conf.lines, told);
  tellWords('the_configuration', tree, told);
  const globals = all(tree, 'global_defs').flatMap((s) => s.block ?? []);
  tellWords('global_defs', globals, told);
  const vrrp = readVrrpGlobals(globals, told);
  const sync = readSyncGroups(tree, told);
  const [file] = conf.files;
  const timeouts = last(globals, 'lvs_timeouts')?.words ?? [];
  const seconds = (name: string, standard: number) => {
    const given = Number(timeouts[timeouts.indexOf(name) + 1]);
    return 1000 * (timeouts.includes(name) && Number.isFinite(given) ? given : standard);
  };
  return {
    file: file?.local ?? '',
    host,
    instances: all(tree, 'vrrp_instance').flatMap((s) => readInstance(s, vrrp, sync, told) ?? []),
    services: readServices(tree, told),
    scripts: readScripts(tree, told),
    statics: all(tree, 'static_ipaddress').flatMap((s) => heldIn(s.block ?? [], told)),
    lips: readLips(tree),
    timeouts:
      timeouts.length > 0
        ? { tcp: seconds('tcp', 900), fin: seconds('tcpfin', 120), udp: seconds('udp', 300) }
        : undefined,
    programs: programsIn(tree),
    dpvs:
      holds(tree, OF_DPVS) ||
      all(tree, 'virtual_server').some((s) => last(s.block ?? [], 'lb_kind', 'lvs_method')?.words[1] === 'FNAT'),
  };
}

function holds(tree: readonly Statement[], words: readonly string[]): boolean {
  return tree.some((s) => words.includes(s.words[0] ?? '') || holds(s.block ?? [], words));
}

/** Returns every program with a path that a configuration names. */
function programsIn(tree: readonly Statement[]): readonly Program[] {
  const found = new Map<string, Program>();
  const walk = (statements: readonly Statement[]) => {
    for (const { words, place, block } of statements) {
      const path = RUNS.test(words[0] ?? '') ? programOf(words.slice(1).join(' ')) : '';
      if (path.startsWith('/') && !found.has(path)) found.set(path, { path, place });
      if (block) walk(block);
    }
  };
  walk(tree);
  return [...found.values()];
}
