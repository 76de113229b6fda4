#!/usr/bin/env node
/**
 * Looks for what the tests of the executors need of the system: tmux and an SSH server (its program; the tests start one of
 * their own). What is missing is installed on Debian as root, else named with its fix. Plain JavaScript without packages.
 */
import { existsSync } from 'node:fs';
import { installMissing, succeeds } from '../../scripts/bootstrap/parts.mjs';

/** @type {readonly import('../../scripts/bootstrap/parts.mjs').Part[]} */
const parts = [
  { name: 'tmux', present: () => succeeds('tmux', ['-V']), debian: 'tmux' },
  { name: 'ssh', present: () => succeeds('ssh', ['-V']), debian: 'openssh-client' },
  { name: 'ssh-keygen', present: () => succeeds('sh', ['-c', 'command -v ssh-keygen']), debian: 'openssh-client' },
  { name: 'a Docker daemon, or dockerd and root', present: dockerThere, debian: 'docker.io' },
  {
    name: 'iptables',
    present: () => succeeds('sh', ['-c', 'command -v iptables || docker version']),
    debian: 'iptables',
  },
  { name: 'busybox', present: () => succeeds('sh', ['-c', 'command -v busybox']), debian: 'busybox-static' },
  { name: 'sshd', present: () => sshdProgram() !== undefined, debian: 'openssh-server' },
];

/** Whether there is a daemon that answers, or what the tests start one of their own with. */
export function dockerThere() {
  const own = process.getuid?.() === 0 && succeeds('sh', ['-c', 'command -v dockerd && command -v iptables']);
  return own || succeeds('docker', ['version']);
}

/** Where the SSH server is; it is not on everybody's PATH. @returns {string | undefined} */
export function sshdProgram() {
  return ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/sbin/sshd'].find((path) => existsSync(path));
}

if (import.meta.main) {
  const problems = await installMissing(parts, { say: (line) => process.stdout.write(`${line}\n`) });
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
}
