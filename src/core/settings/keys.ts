/** From what a person writes to rows of the table: segments of a key, members of families, names of variables. */
import { agentIdPattern } from './types.ts';
import { settingKeys, table, type Setting, type SettingKey } from './table.ts';

const member = '<id>';
/** The family that defines agents; all others are options of an agent. */
export const definition: SettingKey = 'agents.custom.<id>';

/** A row of the table, by name and content. */
export interface KeyMatch {
  readonly row: SettingKey;
  readonly setting: Setting;
}

/** One step into the tree of keys: the rows that are still possible, and what could have been written here. */
export interface Step {
  readonly rows: readonly SettingKey[];
  /** Words that the table knows at this place. */
  readonly known: readonly string[];
}

export const root: readonly SettingKey[] = settingKeys;

/** Follows one segment. A word of the table wins over a family: `agents.custom` is no agent. */
export function follow(rows: readonly SettingKey[], depth: number, segment: string): Step {
  const named = rows.filter((row) => segment !== member && segmentsOf(row)[depth] === segment);
  const members = agentIdPattern.test(segment) ? rows.filter((row) => segmentsOf(row)[depth] === member) : [];
  const words = rows.map((row) => segmentsOf(row)[depth] ?? '').filter((word) => word !== '' && word !== member);
  return { rows: named.length > 0 ? named : members, known: [...new Set(words)] };
}

/** The row that ends at this depth, if there is one. */
export function endsAt(rows: readonly SettingKey[], depth: number): SettingKey | undefined {
  return rows.find((row) => segmentsOf(row).length === depth);
}

/** The row that a full key such as `agents.demo.model` belongs to. */
export function matchKey(key: string): KeyMatch | undefined {
  if (isPlain(key)) return { row: key, setting: table[key] };
  const parts = key.split('.');
  let rows: readonly SettingKey[] = root;
  for (const [depth, part] of parts.entries()) rows = follow(rows, depth, part).rows;
  const row = endsAt(rows, parts.length);
  return row === undefined ? undefined : { row, setting: table[row] };
}

/** Whether a full key is a row as it stands. */
function isPlain(key: string): key is SettingKey {
  return segments.has(key) && !key.includes(member);
}

/** Whether a row stands for one setting per agent, i.e. has `<id>` in its key. */
export function isFamily(row: SettingKey): boolean {
  return row.includes(member);
}

/** The row's key for one agent; keys without a family stay as they are. */
export function keyFor(row: SettingKey, id: string): string {
  return row.replace(member, id);
}

/** What a key of a family says about an agent; `id` is the agent's. */
export interface AgentKey {
  readonly id: string;
  /** Defines an agent of the user's own; otherwise it is an option of an agent. */
  readonly defines: boolean;
}

/** The agent that a key of a family is about. */
export function agentOfKey(key: string): AgentKey | undefined {
  const match = matchKey(key);
  if (match === undefined || !isFamily(match.row)) return undefined;
  const id = key.split('.')[segmentsOf(match.row).indexOf(member)] ?? '';
  return { id, defines: match.row === definition };
}

/** `worktrees.scriptTimeoutSeconds` → `COPPICE_WORKTREES_SCRIPT_TIMEOUT_SECONDS`; hyphens of ids become underscores. */
export function variableOf(key: string): string {
  const words = key.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/gu, '_').replaceAll(/[.-]/gu, '_');
  return `COPPICE_${words.toUpperCase()}`;
}

/** Cut once: settings are asked for at every step of every session. */
const segments: ReadonlyMap<string, readonly string[]> = new Map(settingKeys.map((row) => [row, row.split('.')]));

function segmentsOf(row: SettingKey): readonly string[] {
  return segments.get(row) ?? [];
}
