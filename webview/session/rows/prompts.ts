/** What a turn was asked, from whoever knows it best: the agent's echo, what was given here, the engine's note of the turn. */
import type { PanelPrompt, PanelTurn } from '../../../src/protocol/webview/session-panel.ts';
import type { Row } from '../conversation/rows.ts';

type TurnRow = Extract<Row, { kind: 'turn' }>;

/** The prompt of a turn; `part` when only its beginning is known. Undefined when nobody knows. */
export function promptOf(
  row: Pick<TurnRow, 'turn' | 'prompt' | 'text'>,
  prompts: readonly PanelPrompt[],
  turns: readonly PanelTurn[],
): { readonly text: string; readonly part: boolean } | undefined {
  if (row.text !== undefined && row.text.trim() !== '') return { text: row.text, part: false };
  const given = prompts.find(({ n }) => n === row.prompt)?.text;
  if (given !== undefined) return { text: given, part: false };
  const about = turns.find(({ n }) => n === row.turn)?.about;
  return about === undefined ? undefined : { text: about, part: about.endsWith('…') };
}

/** Every prompt whose whole text is known, the oldest first. */
export function promptTexts(
  rows: readonly Row[],
  prompts: readonly PanelPrompt[],
  turns: readonly PanelTurn[],
): readonly string[] {
  const asked = rows.filter((row): row is TurnRow => row.kind === 'turn');
  const shown = asked.flatMap((row) => {
    const prompt = promptOf(row, prompts, turns);
    return prompt === undefined || prompt.part ? [] : [prompt.text];
  });
  const seen = new Set(asked.map(({ prompt }) => prompt));
  return [...shown, ...prompts.filter(({ n }) => !seen.has(n)).map(({ text }) => text)];
}
