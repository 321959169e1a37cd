import { didYouMean } from './nearest.ts';

/** The kinds of endings of a command; each has an exit code (see EXIT). */
export type Ending = 'failed' | 'usage' | 'environment' | 'interrupted';

/** A failure in words: what is wrong and where, and what to do about it. */
export interface FailureWords {
  readonly ending: Ending;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** A container of a lab: of a node, or of its fabric. */
export interface Owner {
  readonly lab: string;
  /** Undefined for the lab's fabric. */
  readonly node: string | undefined;
}

const usage = (message: string, hint?: string): FailureWords => ({ ending: 'usage', message, hint });
const environment = (message: string, hint?: string): FailureWords => ({ ending: 'environment', message, hint });

const ALLOWS_HINT = '`lab doctor` shows what the engine allows';

const whose = ({ lab, node }: Owner) =>
  node === undefined ? `the fabric of lab "${lab}"` : `node "${node}" of lab "${lab}"`;
const wiresOf = ({ node }: Owner) => (node === undefined ? ', and the lab’s wires with it' : '');
const back = ({ node }: Owner) => (node === undefined ? '`lab up` starts the lab over' : '`lab up` brings it back');
const logsOf = ({ lab, node }: Owner) => `\`lab logs ${[lab, node ?? []].flat().join(' ')}\``;

/** The message of every reason why a command cannot do its work. Only this table words failures. */
const WORDS = {
  // Mistakes in the user's input.
  'invalid-lab-name': (f: { name: string }) =>
    usage(`invalid lab name "${f.name}"`, 'use lower-case letters, digits and hyphens'),
  'no-lab-file': (f: { path: string }) =>
    usage(
      `there is no lab file at ${f.path}`,
      'give the path of a lab.yaml, of a folder that contains one, or a lab of labs/',
    ),
  'no-such-lab': (f: { name: string; labs: readonly string[] }) =>
    usage(`there is no lab "${f.name}"${didYouMean(f.name, f.labs)}`, `labs here: ${f.labs.join(', ') || 'none'}`),
  'invalid-lab-file': (f: { mistakes: string; summary: string }) => usage(f.mistakes, f.summary),
  'no-lab-named': (f: { command: 'test' | 'down' }) =>
    usage(
      'no lab is named',
      `\`lab ${f.command} NAME\`, or \`lab ${f.command} --all\`${f.command === 'down' ? '; `lab ls` lists running labs' : ''}`,
    ),
  'all-and-named': () => usage('--all tests every lab; do not name labs as well'),
  'name-for-several': () => usage('--name is for one lab', 'several labs cannot share one name'),
  'no-repository': (f: { folder: string; said: string }) =>
    usage(`${f.folder} is no git repository: ${f.said}`, 'name the repository of the program with --in'),
  'repository-changed': (f: { folder: string; files: readonly string[] }) =>
    usage(
      `${f.folder} has changes: ${f.files.map((file) => file.trim()).join(', ')}`,
      'commit or stash them first: other commits are checked out there',
    ),
  'repository-bisected': (f: { folder: string }) =>
    usage(`a bisection is under way in ${f.folder}`, '`git bisect reset` ends it'),
  'not-bisected': (f: { folder: string; said: string }) => usage(`git cannot bisect ${f.folder}: ${f.said}`),
  'bisected-lab-runs': (f: { lab: string }) =>
    usage(
      `lab ${f.lab} runs already, with the programs that it was brought up with`,
      `lab down ${f.lab}; or give the copy that is tested another --name`,
    ),
  'lab-named-twice': (f: { lab: string }) => usage(`lab "${f.lab}" is named twice`),
  'two-pictures': () => usage('--svg and --mermaid exclude each other; give one of them'),
  'bad-choices': (f: { why: string }) => usage(`these choices do not go together: ${f.why}`),
  'file-exists': (f: { file: string }) =>
    usage(`${f.file} exists already`, 'nothing was changed; choose another name or --dir'),
  'no-report': (f: { path: string; why: string }) =>
    usage(
      `${f.path} is no report: ${f.why}`,
      'give a folder that `lab test --report` or `lab measure --report` made, or a file that --json printed',
    ),
  'unknown-shell': (f: { shell: string; shells: readonly string[] }) =>
    usage(
      f.shell === '' ? '$SHELL names no shell' : `there is no completion for ${f.shell}`,
      `--shell names one of ${f.shells.join(', ')}`,
    ),
  'no-page': (f: { folder: string }) =>
    usage(
      `${f.folder} has no report.html: its report was written without a page`,
      'results.json and junit.xml in it have the same results',
    ),
  'reports-differ': (f: { why: string }) =>
    usage(
      `these reports do not belong together: ${f.why}`,
      'give the folders of one run: the same labs, --shard I/N with one N, and the same --durations on every machine',
    ),
  'folder-not-empty': (f: { folder: string }) =>
    usage(`${f.folder} is not empty`, 'nothing was written; give --out a new folder'),
  'no-durations': (f: { path: string; why: string }) =>
    usage(
      `${f.path} has no durations: ${f.why}`,
      'give a folder of reports, or a durations.json of `lab report merge`',
    ),
  'nothing-matches': (f: { pattern: string; labs: number }) =>
    usage(
      `--grep ${f.pattern} matches no step of ${f.labs === 1 ? 'the lab' : `the ${f.labs} labs`}`,
      'it is matched against LAB STEP and LAB STEP ID SUBJECT, as `lab test` prints them; upper and lower case are the same',
    ),
  'durations-without-shard': () => usage('--durations is for --shard', 'lab test --all --shard 1/4 --durations FOLDER'),
  'too-few-runs': () => usage('--runs must be at least 1'),
  'flows-out-of-range': (f: { flows: number; most: number }) =>
    usage(`--flows must be from 1 to ${f.most}, not ${f.flows}`),
  'invalid-fault': (f: { mistake: string }) => usage(f.mistake, '`lab fault` lists every kind of fault'),
  'no-service': (f: { lab: string; service: string | undefined }) =>
    usage(
      f.service === undefined ? `lab "${f.lab}" has no service` : `lab "${f.lab}" has no service "${f.service}"`,
      'the impact of a fault is measured at the clients of a service',
    ),
  'nothing-to-explain': (f: { lab: string; wanted: string | undefined; names: readonly string[] }) =>
    f.wanted === undefined
      ? usage(`lab "${f.lab}" has no service and no SNAT rule`, '`lab graph` draws what it has')
      : usage(
          `lab "${f.lab}" has no service or SNAT rule "${f.wanted}"${didYouMean(f.wanted, f.names)}`,
          `it has ${f.names.join(', ') || 'none'}`,
        ),
  'no-client': (f: { lab: string; client: string; clients: readonly string[] }) =>
    usage(
      `lab "${f.lab}" has no client "${f.client}"${didYouMean(f.client, f.clients)}`,
      `its clients: ${f.clients.join(', ')}`,
    ),
  'no-node': (f: { lab: string; node: string; nodes: readonly string[] }) =>
    usage(`lab "${f.lab}" has no node "${f.node}"${didYouMean(f.node, f.nodes)}`, `its nodes: ${f.nodes.join(', ')}`),
  'no-device': (f: { node: string; device: string; devices: readonly string[]; segments: readonly string[] }) =>
    usage(
      `node "${f.node}" has no device "${f.device}"${didYouMean(f.device, [...f.devices, ...f.segments])}`,
      `its devices: ${f.devices.join(', ')}; segments: ${f.segments.join(', ')}`,
    ),

  // The running lab is not in the state that the command needs.
  'lab-not-running': (f: { name: string; running: readonly string[] }) =>
    usage(
      `lab "${f.name}" is not running${didYouMean(f.name, f.running)}`,
      f.running.length > 0 ? `running: ${f.running.join(', ')}` : `\`lab up ${f.name}\` starts it`,
    ),
  'lab-broken': (f: { name: string; what: string | undefined; mend: string | undefined }) =>
    usage(`lab "${f.name}" is broken: ${f.what}`, f.mend),
  'lab-changed': (f: { lab: string; changed: readonly string[] }) =>
    usage(
      `the file of running lab "${f.lab}" has changed: ${f.changed.join(', ')}`,
      `\`lab up ${f.lab} --recreate\` starts over; nothing was changed`,
    ),
  'nodes-not-running': (f: { lab: string; nodes: readonly string[]; argument: string }) =>
    usage(
      `in lab "${f.lab}" these nodes are not running: ${f.nodes.join(', ')}`,
      `\`lab up ${f.argument}\` brings them back`,
    ),
  'node-gone': (f: { lab: string; node: string }) =>
    usage(
      `node "${f.node}" of lab "${f.lab}" is gone, or not created yet: it has no container`,
      `\`lab inspect ${f.lab}\` shows what is broken, and how to repair it`,
    ),
  'node-ended': (f: { lab: string; node: string; file: string }) =>
    usage(`node "${f.node}" of lab "${f.lab}" has ended`, `\`lab up ${f.file}\` brings it back`),
  'being-brought-up': (f: { lab: string; by: string }) =>
    environment(`lab "${f.lab}" is being brought up by ${f.by}`, `wait for it, or stop it with \`lab down ${f.lab}\``),
  'taken-down': (f: { lab: string; meanwhile: 'brought up' | 'tested' }) =>
    environment(
      `${f.lab} was taken down while it was ${f.meanwhile}`,
      'try again; with a name of its own (`--name`) it cannot be confused with another run',
    ),
  'not-removed': (f: { lab: string }) =>
    environment(`lab "${f.lab}" cannot be removed: its containers come back`, 'another `lab up` may be running'),
  'fabric-ended': () => environment('the lab’s fabric ended', '`lab inspect` shows what is left of the lab'),
  'not-undone': (f: { lab: string; left: readonly string[]; beside?: { message: string; ending: Ending } }) => ({
    ending: f.beside?.ending ?? 'environment',
    message: `${f.beside === undefined ? '' : `${f.beside.message}; `}not undone in ${f.lab}: ${f.left.join('; ')}`,
    hint: `\`lab heal ${f.lab}\` undoes it; \`lab fault ${f.lab}\` lists it`,
  }),
  'nodes-not-up': (f: { nodes: readonly string[]; output: string; why?: string | undefined }): FailureWords => ({
    ending: 'failed',
    message: `these nodes did not come up: ${f.nodes.join('; ')}\n${f.output}`,
    hint: f.why ?? 'its whole output is above; correct its setup script or configuration and try again',
  }),
  'no-wires': (f: { said: string }) => environment(`the lab's wires cannot be created: ${f.said}`, ALLOWS_HINT),
  'wrong-wires': (f: { wrong: readonly string[] }) =>
    environment(`the wires differ from the lab: ${f.wrong.join('; ')}`),
  'no-capture': (f: { segment: string; said: string }) =>
    environment(`segment ${f.segment} cannot be captured: ${f.said || 'tcpdump printed nothing'}`),
  'not-observed': (f: { what: string; hint?: string | undefined }) => environment(f.what, f.hint),
  overrun: (f: { what: string }) => environment(`a command in a container ${f.what}`),

  // Limits of the machine and its engine.
  'kernel-not-usable': (f: { node: string; kernel: string; why: string }) =>
    environment(
      `node "${f.node}" needs kernel ${f.kernel}, which does not work on this engine: ${f.why}`,
      '`lab doctor` shows every kernel; `--kernel auto` chooses one that works',
    ),
  'no-extra': (f: { node: string; key: string; why: string; wanted: string }) =>
    environment(`node "${f.node}" has \`${f.key}\`, which does not work on this engine: ${f.why}`, f.wanted),
  'no-usable-kernel': (f: { node?: string | undefined; reasons: readonly string[]; wanted: readonly string[] }) =>
    environment(
      `no kernel here can ${f.node === undefined ? 'run a director' : `do what "${f.node}" needs`} (${f.reasons.join('; ')})`,
      f.wanted.join('; '),
    ),
  'capture-refused': (f: { said: string }) =>
    usage(`nothing can be captured: ${f.said}`, 'see pcap-filter(7) for filters'),
  'no-driver': (f: { driver: string; why: string }) =>
    environment(`driver ${f.driver} is not available: ${f.why}`, '`lab doctor` shows every driver and kernel'),
  'no-routing': (f: { program: string; why: string }) =>
    environment(
      `your own build of ${f.program} is not available: ${f.why}`,
      'without it, nodes run the FRR of their image',
    ),
  'invalid-docker-host': (f: { why: string }) =>
    environment(`DOCKER_HOST cannot be used: ${f.why}`, 'set it to unix:///PATH or tcp://HOST:PORT'),
  'no-engine': (f: { address: string; code: string }) =>
    environment(
      `no container engine answers at ${f.address} (${f.code})`,
      'start Docker, or name another engine in DOCKER_HOST; `lab doctor` shows more',
    ),
  'no-port': (f: { port: number; code: string }) =>
    environment(
      `the page cannot be served at port ${f.port} (${f.code})`,
      'give another --port; without it, a free one is taken',
    ),
  'no-exit-code': () =>
    environment('the container engine does not report how a command ended', 'is the machine too busy?'),
  'image-not-built': (f: { image: string; said: string }) =>
    environment(
      `image ${f.image} cannot be built: ${f.said}`,
      'the build needs a Debian mirror; `lab images build --verbose` shows every line of it',
    ),
  'invalid-registry': (f: { given: string }) =>
    usage(
      `"${f.given}" is no name of a registry`,
      'LAB_REGISTRY and --registry take HOST[:PORT][/FOLDER] without http://, such as registry.example.org/team or 127.0.0.1:5000',
    ),
  'no-registry': (f: { verb: string }) =>
    usage(`no registry is named`, `lab images ${f.verb} --registry HOST[:PORT][/FOLDER], or set LAB_REGISTRY`),
  'no-image-record': (f: { file: string; why: string }) =>
    environment(
      `the record of pushed images ${f.file} cannot be used: ${f.why}`,
      '`lab images push` writes it; LAB_PUSHED names another file',
    ),
  'image-refused': (f: { image: string; why: string }) =>
    environment(
      `${f.image} is refused: ${f.why}`,
      'somebody else filled this tag, or the record is older; `lab images push` of a trusted machine fills and records it',
    ),
  'images-not-pulled': (f: { registry: string; reasons: readonly string[] }) =>
    environment(
      `not every image comes from ${f.registry}:\n${f.reasons.join('\n')}`,
      '`lab images build` makes the missing ones here',
    ),
  'image-not-pushed': (f: { image: string; said: string }) =>
    environment(
      `${f.image} cannot be pushed: ${f.said}`,
      'a registry without TLS must be on 127.0.0.1, or be known to the engine as insecure; `docker login` stores a password',
    ),
  'image-file': (f: { file: string; why: string }) =>
    usage(`${f.file} cannot be used: ${f.why}`, '`lab images save FILE` of the same version writes such a file'),
  'no-images': () => environment('the engine has none of the images', '`lab images build` makes them'),
  'no-base-image': () =>
    environment(
      'no registry has the base image, and mmdebstrap is not installed to build one',
      'on Debian or Ubuntu, as root: apt-get install mmdebstrap debian-archive-keyring',
    ),
  'base-image-not-built': (f: { said: string }) =>
    environment(
      `the base image cannot be built: ${f.said}`,
      'a Debian mirror must answer, and mmdebstrap must run as root',
    ),

  // Errors of the engine, in words of what they mean for the lab.
  'container-gone': (f: { owner: Owner }) =>
    environment(
      `${whose(f.owner)} is gone${wiresOf(f.owner)}: its container was removed`,
      `${back(f.owner)}; \`lab ls\` lists running labs`,
    ),
  'container-ended': (f: { owner: Owner }) =>
    environment(
      `${whose(f.owner)} is not running${wiresOf(f.owner)}: its container has ended`,
      `${back(f.owner)}; ${logsOf(f.owner)} shows its last output`,
    ),
  'container-paused': (f: { owner: Owner }) =>
    environment(`${whose(f.owner)} is paused`, `\`lab heal ${f.owner.lab}\` heals its fault`),
  'container-going': (f: { owner: Owner }) =>
    environment(`${whose(f.owner)} is being removed`, 'the lab may be being taken down; `lab ls` lists running labs'),
  'engine-refuses': (f: { status: number; said: string; owner?: Owner | undefined }) =>
    f.owner === undefined
      ? environment(`the container engine refuses, with status ${f.status}: ${f.said}`)
      : environment(
          `the container engine refuses what ${whose(f.owner)} needs, with status ${f.status}: ${f.said}`,
          ALLOWS_HINT,
        ),

  interrupted: (): FailureWords => ({ ending: 'interrupted', message: 'interrupted' }),
} satisfies Record<string, (facts: never) => FailureWords>;

/** The reason why a command could not do its work. */
export type FailureReason = keyof typeof WORDS;

/** The facts that go into the message of a reason. */
export type Facts<R extends FailureReason> = Parameters<(typeof WORDS)[R]> extends [infer F] ? F : Record<never, never>;

/** Returns the message of a failure. */
export function failureWords<R extends FailureReason>(reason: R, facts: Facts<R>): FailureWords {
  return (WORDS[reason] as (facts: Facts<R>) => FailureWords)(facts);
}
