/** A workbench with something in it: sessions of the scripted agent on the sample project. */
import { Workbench, type WorkbenchOptions } from '../../test/workbench/support/running-workbench.ts';
import { installScripted, startScripted, useInstalled } from '../../test/workbench/support/scripted.ts';
import { soon } from '../../test/workbench/support/waiting.ts';

/** What is asked of the agent, and the status that its session is left in. */
const work = [
  { name: 'springs-and-neaps', prompt: 'Show springs and neaps in the table', until: 'reported' },
  { name: 'list-harbours', prompt: 'Print a list of harbours with --list', until: 'reported' },
  { name: 'harbours-csv', prompt: 'Read the harbours from a file', until: 'needs-you' },
  { name: 'time-zone', prompt: 'Show times in the right time zone', until: 'needs-you' },
  { name: 'manual', prompt: 'Write a manual of one page', until: 'running' },
] as const;

/** Starts a workbench with the scripted agent. */
export async function startStage(options: WorkbenchOptions = {}): Promise<Workbench> {
  return Workbench.start({ name: 'tidetable', ...options, install: installScripted });
}

/** Gives the agent its work and waits until each session is as it is to be seen. */
export async function play(code: Workbench): Promise<void> {
  await trust(code);
  for (const each of work) await start(code, each);
}

/** The first session is the plan of the others. */
export async function playPlan(code: Workbench): Promise<void> {
  await trust(code);
  const [first, ...others] = work;
  const plan = await start(code, first);
  for (const each of others) await start(code, each, '--parent', plan);
}

/** The repository is trusted, and the scripted agent is the one that works in it. */
export async function trust({ machine }: Workbench): Promise<void> {
  await useInstalled(machine);
  await machine.coppice(['trust']);
}

async function start(
  { machine }: Workbench,
  { name, prompt, until }: (typeof work)[number],
  ...more: readonly string[]
): Promise<string> {
  const id = await startScripted(machine, prompt, name, ...more);
  await soon(async () => (await machine.status(id)) === until, `${until} for ${name}`, 60_000);
  return id;
}
