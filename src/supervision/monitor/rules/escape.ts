/** Leaving the bounds that were set: more rights, other namespaces, switched-off safety, something that outlives the session. */
import type { Finding } from '../../../core/supervision/finding.ts';
import { has, lineOf, parsed, type Invocation } from '../invocation.ts';
import { whereIs, type Place } from '../place.ts';
import { finding, type Rule } from './rule.ts';

/** Leaving the bounds of the session. */
export const escape: Rule = (invocation, place) => {
  const line = lineOf(invocation);
  return [
    ...(Object.hasOwn(rights, invocation.name)
      ? [finding('escape', 'critical', rights[invocation.name] ?? '', line)]
      : []),
    ...containers(invocation, line, place),
    ...unsafeFlags(invocation, line),
    ...environment(invocation, line),
    ...unmarked(invocation, line),
    ...searched(invocation, line, place),
    ...lasting(invocation, line),
  ];
};

const rights: Readonly<Record<string, string>> = {
  sudo: 'It takes the rights of another user, with',
  doas: 'It takes the rights of another user, with',
  su: 'It takes the rights of another user, with',
  pkexec: 'It takes the rights of another user, with',
  runuser: 'It takes the rights of another user, with',
  nsenter: 'It enters the space of other processes, with',
  unshare: 'It makes a space of its own, with',
  chroot: 'It changes the root directory, with',
  bwrap: 'It makes a space of its own, with',
  killall5: 'It ends all processes, with',
  pivot_root: 'It changes the root directory, with',
  iptables: 'It changes what may be reached, with',
  mount: 'It mounts a file system, with',
  umount: 'It unmounts a file system, with',
  insmod: 'It changes the kernel, with',
  modprobe: 'It changes the kernel, with',
  setcap: 'It gives a program more rights, with',
  visudo: 'It changes who may do what, with',
  passwd: 'It changes a password, with',
  usermod: 'It changes a user, with',
  useradd: 'It makes a user, with',
  shutdown: 'It stops the machine, with',
  reboot: 'It stops the machine, with',
  halt: 'It stops the machine, with',
  poweroff: 'It stops the machine, with',
};

const engines = ['docker', 'podman', 'nerdctl'];
const riskyFlags = /^--(privileged|cap-add|device|security-opt|pid|ipc|userns|uts|cgroupns|network=host|net=host)$/u;
function containers({ name, args, cwd }: Invocation, line: string, place: Place): readonly Finding[] {
  if (!engines.includes(name)) return [];
  const valued = [
    '-v',
    '--volume',
    '--mount',
    '--network',
    '--net',
    '--pid',
    '--cap-add',
    '--device',
    '--security-opt',
    '--ipc',
    '--userns',
    '-e',
    '-w',
    '--name',
    '-p',
    '-u',
    '--entrypoint',
    '-f',
    '-t',
  ];
  const { options, values } = parsed(args, valued);
  const flags = [...options].some((each) => riskyFlags.test(each));
  const host = values.some(
    ({ option, value }) => (option.endsWith('net') || option.endsWith('network')) && value === 'host',
  );
  const mounts = values.some(
    ({ option, value }) => ['-v', '--volume', '--mount'].includes(option) && opensHost(value, cwd, place),
  );
  const sweeping = args[0] === 'system' && args[1] === 'prune';
  return [
    ...(flags || host || mounts ? [finding('escape', 'critical', 'It opens a container to the host, with', line)] : []),
    ...(sweeping ? [finding('escape', 'critical', 'It deletes containers and images of others, with', line)] : []),
  ];
}

/** Whether a mount shows the container something of the host beside the worktree. Names of volumes have no slash. */
function opensHost(mount: string, cwd: string, place: Place): boolean {
  const source = /(?:^|,)(?:src|source)=([^,]*)/u.exec(mount)?.[1] ?? mount.split(':')[0] ?? '';
  if (!/[/~.]/u.test(source)) return false;
  const path = source.startsWith('~') ? `${place.home}${source.slice(1)}` : source;
  return !['inside', 'root', 'scratch'].includes(whereIs(path, cwd, place));
}

const unsafe =
  /^--(dangerously-[\w-]+|yolo|no-sandbox|allow-all-tools|disable-sandbox|unsafe-perm|trust-all-tools)$|^--(permission-mode|approval-mode|sandbox)=(bypassPermissions|yolo|off|none|danger-full-access)$/u;

function unsafeFlags({ name, args }: Invocation, line: string): readonly Finding[] {
  const paired = args.some(
    (each, at) =>
      (/^--(permission-mode|approval-mode|sandbox)$/u.test(each) || (each === '-s' && name === 'codex')) &&
      /^(bypassPermissions|yolo|off|none|danger-full-access)$/u.test(args[at + 1] ?? ''),
  );
  const speaks = name === 'echo' || name === 'printf' || name === 'grep' || name === 'rg' || name === 'git';
  const told = name === 'codex' && args.some((each) => /^sandbox_mode=.*danger/u.test(each));
  return !speaks && (paired || told || args.some((each) => unsafe.test(each)))
    ? [finding('escape', 'critical', 'It switches a safety off, with', line)]
    : [];
}

const decisive =
  /^(LD_PRELOAD|LD_LIBRARY_PATH|LD_AUDIT|DYLD_INSERT_LIBRARIES|BASH_ENV|ENV|PROMPT_COMMAND|GIT_(SSH|SSH_COMMAND|EXEC_PATH|PROXY_COMMAND|ASKPASS|CONFIG_\w+|DIR|COMMON_DIR|WORK_TREE|ALTERNATE_OBJECT_DIRECTORIES)|NODE_OPTIONS|PYTHONSTARTUP|PERL5OPT|RUBYOPT|IS_SANDBOX|COPPICE_\w+|DOCKER_HOST|KUBECONFIG)$/u;

function environment({ environment, name, args }: Invocation, line: string): readonly Finding[] {
  const declared = ['export', 'env', 'declare', 'typeset', 'sudo'].includes(name)
    ? args.flatMap((each) => /^(\w+)=/u.exec(each)?.[1] ?? [])
    : [];
  const hit = [...environment.keys(), ...declared].find((each) => decisive.test(each));
  return hit === undefined
    ? []
    : [finding('escape', 'warning', `${hit} decides what programs run or trust, and it sets it for`, line)];
}

/** By its mark in the environment what a session has started is found and ended. */
function unmarked({ name, args }: Invocation, line: string): readonly Finding[] {
  const without =
    name === 'env'
      ? args.some(
          (each, at) =>
            /^(?:-i|-|--ignore-environment)$/u.test(each) ||
            (/^(?:-u|--unset)/u.test(each) && /COPPICE_/u.test(`${each}${args[at + 1] ?? ''}`)),
        )
      : name === 'unset' && args.some((each) => each.startsWith('COPPICE_'));
  return without
    ? [finding('escape', 'warning', 'What it starts cannot be told from processes of others, with', line)]
    : [];
}

/** Programs that are looked for where anybody may put some. */
function searched({ environment, name, args, cwd }: Invocation, line: string, place: Place): readonly Finding[] {
  const declared =
    name === 'export' || name === 'env' ? args.flatMap((each) => /^PATH=(.*)$/su.exec(each)?.[1] ?? []) : [];
  const paths = [...declared, ...(environment.has('PATH') ? [environment.get('PATH') ?? ''] : [])];
  const open = paths.some((each) =>
    each.split(':').some((path) => path !== '' && whereIs(path, cwd, place) === 'scratch'),
  );
  return open ? [finding('escape', 'warning', 'It takes programs from where anybody may put them, with', line)] : [];
}

function lasting({ name, args }: Invocation, line: string): readonly Finding[] {
  return [
    ...(outlives(name, args)
      ? [finding('escape', 'critical', 'It sets up something that outlives the session, with', line)]
      : []),
    ...(name === 'chmod' && givesRights(args)
      ? [finding('escape', 'critical', 'It gives a program more rights, with', line)]
      : []),
    ...(endsAll(name, args) ? [finding('escape', 'critical', 'It ends all processes, with', line)] : []),
  ];
}

const lastingVerbs = /^(enable|start|restart|stop|disable|mask|load|bootstrap|unload)$/u;

function outlives(name: string, args: readonly string[]): boolean {
  const options = parsed(args);
  if (name === 'crontab') return !has(options, '-l');
  if (name === 'service') return options.operands.length > 1;
  if (name === 'systemctl' || name === 'launchctl') return lastingVerbs.test(options.operands[0] ?? '');
  return name === 'at' || name === 'batch';
}

function givesRights(args: readonly string[]): boolean {
  return /(^[2467]\d{3}$)|(^[ugoa]*\+[rwx]*s)/u.test(args.find((each) => !each.startsWith('-')) ?? '');
}

function endsAll(name: string, args: readonly string[]): boolean {
  if (name === 'kill') return args.length > 1 && args.at(-1) === '-1';
  return (name === 'pkill' || name === 'killall') && has(parsed(args, ['-u', '-U']), '-u', '-U');
}
