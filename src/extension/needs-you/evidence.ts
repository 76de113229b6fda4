/** What a person sees of a decision before making it. Everything here comes from an agent: it is cleaned, and cut where it is shown in a row. */
import * as l10n from '@vscode/l10n';
import { oneLine, printable } from '../../core/printable.ts';
import type { BreakpointView } from '../../protocol/schemas.ts';

const rowLimit = 300;
const rowsMost = 12;
/** Longest part of a document of evidence, in characters. */
const documentLimit = 2_000_000;

/** A line below a decision. */
export interface EvidenceRow {
  readonly label: string;
  readonly description?: string;
  /** Codicon. */
  readonly icon: string;
}

/** How a kind of decision is called and shown. */
export function kindLook(kind: BreakpointView['kind']): { readonly icon: string; readonly label: string } {
  switch (kind) {
    case 'permission':
      return { icon: 'shield', label: l10n.t('Permission') };
    case 'question':
      return { icon: 'question', label: l10n.t('Question') };
    case 'plan':
      return { icon: 'checklist', label: l10n.t('Plan') };
    case 'credential':
      return { icon: 'key', label: l10n.t('Credential') };
    case 'decision':
      return { icon: 'law', label: l10n.t('Decision') };
  }
}

/** The decision on one line. */
export function needLabel(breakpoint: BreakpointView): string {
  const title = oneLine(breakpoint.title, 160);
  if (title !== '') return title;
  const tool = oneLine(breakpoint.tool ?? '', 80);
  return tool === '' ? kindLook(breakpoint.kind).label : tool;
}

/** The rows below a decision: the tool, then what it is about, at most a dozen lines. */
export function evidenceRows(breakpoint: BreakpointView): readonly EvidenceRow[] {
  const { kind, questions = [], secrets = [], tool } = breakpoint;
  switch (kind) {
    case 'question':
      return questions
        .flatMap(questionRows)
        .filter(({ label, icon }) => icon !== questionIcon || label !== oneLine(breakpoint.title, rowLimit))
        .slice(0, rowsMost);
    case 'credential':
      return secrets.map((name) => ({ label: oneLine(name, rowLimit), description: l10n.t('missing'), icon: 'key' }));
    case 'decision':
      return detailRows(breakpoint);
    case 'permission':
    case 'plan':
      return [
        ...(tool === undefined ? [] : [{ label: oneLine(tool, 80), description: l10n.t('tool'), icon: 'tools' }]),
        ...detailRows(breakpoint),
      ];
  }
}

const questionIcon = 'comment';

type Question = NonNullable<BreakpointView['questions']>[number];

function questionRows({ question, options, multiSelect }: Question): EvidenceRow[] {
  const several = multiSelect ? { description: l10n.t('several may be chosen') } : {};
  return [
    { label: oneLine(question, rowLimit), icon: questionIcon, ...several },
    ...options.map(({ label, description }) => ({
      label: oneLine(label, rowLimit),
      icon: 'circle-outline',
      ...(description === undefined ? {} : { description: oneLine(description, rowLimit) }),
    })),
  ];
}

function detailRows({ detail, title }: BreakpointView): EvidenceRow[] {
  const lines = printable(detail.slice(0, rowLimit * rowsMost * 4))
    .split('\n')
    .map((line) => oneLine(line, rowLimit))
    .filter((line) => line !== '' && line !== oneLine(title, rowLimit));
  const shown = lines.slice(0, rowsMost).map((label) => ({ label, icon: 'blank' }));
  return lines.length > rowsMost || detail.length > rowLimit * rowsMost * 4
    ? [...shown, { label: l10n.t('… and more: open the evidence'), icon: 'ellipsis' }]
    : shown;
}

/** All of the evidence as a text document. */
export function evidenceText(breakpoint: BreakpointView, session: string): string {
  const { kind, title, tool, input, detail, questions = [], secrets = [] } = breakpoint;
  const parts: readonly (readonly [heading: string, text: string])[] = [
    [l10n.t('Session'), session],
    [kindLook(kind).label, title],
    [l10n.t('Tool'), tool ?? ''],
    [l10n.t('Details'), detail],
    [l10n.t('Input'), input === undefined ? '' : JSON.stringify(input, undefined, 2)],
    [l10n.t('Questions'), questions.map(questionText).join('\n\n')],
    [l10n.t('Missing'), secrets.join('\n')],
  ];
  const shown = parts.map(([heading, text]) => [heading, printable(text.slice(0, documentLimit)).trim()] as const);
  return shown
    .filter(([, text]) => text !== '')
    .map(([heading, text]) => `${heading}\n\n${text.replaceAll(/^/gmu, '    ')}\n`)
    .join('\n');
}

function questionText({ question, options }: Question): string {
  const lines = options.map(
    ({ label, description }) => `- ${label}${description === undefined ? '' : `: ${description}`}`,
  );
  return [question, ...lines].join('\n');
}
