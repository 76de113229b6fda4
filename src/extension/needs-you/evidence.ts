/** What a person sees of a decision before making it. Everything here comes from an agent: it is cleaned, and cut where it is shown in a row. */
import * as l10n from '@vscode/l10n';
import { literal, oneLine, printable } from '../../core/printable.ts';
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

/** The rows below a decision: the command, file or tool, what is dangerous about it, then what else was said, a dozen lines of each at most. */
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
      return permissionRows(breakpoint);
    case 'plan':
      return [...toolRow(tool), ...detailRows(breakpoint)];
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

function toolRow(tool: string | undefined): EvidenceRow[] {
  const label = oneLine(tool ?? '', 80);
  return label === '' ? [] : [{ label, description: l10n.t('tool'), icon: 'tools' }];
}

const pathFields = ['file_path', 'notebook_path', 'path'];

function permissionRows(breakpoint: BreakpointView): EvidenceRow[] {
  const { tool, input = {}, findings = [], detail } = breakpoint;
  const textAt = (field: string): string | undefined => {
    const value = input[field];
    const words = Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.join(' ') : value;
    return typeof words === 'string' && words !== '' ? words : undefined;
  };
  const dangers = findings.map(({ sentence }) => ({ label: oneLine(sentence, rowLimit), icon: 'warning' }));
  const field = ['command', 'cmd', ...pathFields].find((each) => textAt(each) !== undefined);
  if (field === undefined) return [...toolRow(tool), ...dangers, ...detailRows(breakpoint)];
  const isPath = pathFields.includes(field);
  const description = oneLine((isPath ? undefined : textAt('description')) ?? tool ?? '', rowLimit);
  const [first, ...more] = linesOf(literal(textAt(field) ?? ''), isPath ? 'file' : 'terminal', () => false);
  if (first === undefined) return [...toolRow(tool), ...dangers, ...detailRows(breakpoint)];
  // What an agent's own details repeat of the input is not said twice.
  const said = new RegExp(`^(${field}|description):( |$)`, 'u');
  const known = new Set([first, ...more].map(({ label }) => label));
  return [
    description === '' ? first : { ...first, description },
    ...more,
    ...dangers,
    ...linesOf(detail, 'blank', (line) => line === shownTitle(breakpoint) || said.test(line) || known.has(line)),
  ];
}

function shownTitle({ title }: Pick<BreakpointView, 'title'>): string {
  return oneLine(title, rowLimit);
}

function detailRows(breakpoint: BreakpointView): EvidenceRow[] {
  return linesOf(breakpoint.detail, 'blank', (line) => line === shownTitle(breakpoint));
}

/** The first lines of a text, the first of them with an icon, without those that are known already. */
function linesOf(text: string, icon: string, isKnown: (line: string) => boolean): EvidenceRow[] {
  const lines = printable(text.slice(0, rowLimit * rowsMost * 4))
    .split('\n')
    .map((line) => oneLine(line, rowLimit))
    .filter((line) => line !== '' && !isKnown(line));
  const shown = lines.slice(0, rowsMost).map((label, index) => ({ label, icon: index === 0 ? icon : 'blank' }));
  return lines.length > rowsMost || text.length > rowLimit * rowsMost * 4
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
