/** What gives itself away as a secret in any text, without being known. Each pattern takes time in proportion to the text. */

export const mask = '***';

interface Shape {
  readonly pattern: RegExp;
  /** What stays of a match; `$1` is the part that says what it was. */
  readonly replacement: string;
}

/** A name whose value is a secret. `tokens`, `keys` and `author` are none. */
const secretName =
  '(?:[a-z0-9_.-]{0,64}(?:api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key|signing[-_]?key|account[-_]?key|' +
  'token|secret|passwor[dt]|passwd|passphrase|credentials?|authorization|cookie|bearer|jwt)|[a-z0-9_]{0,64}_(?:pass|pwd|pat|key|auth|dsn))';

const wholeName = new RegExp(`^${secretName}$`, 'iu');
const optionName = new RegExp(`^--?${secretName}$`, 'iu');

/** A value under this name is kept back, whatever it is. */
export function namesSecret(name: string): boolean {
  return wholeName.test(name);
}

/** The argument after this one is kept back. */
export function announcesSecret(argument: string): boolean {
  return optionName.test(argument);
}

export const shapes: readonly Shape[] = [
  {
    pattern:
      /-----BEGIN ([A-Z0-9 ]{0,40}PRIVATE KEY)-----[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|$)/gu,
    replacement: `-----BEGIN $1----- ${mask}`,
  },
  // user:password@ and token@ of a URL
  { pattern: /\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#"'<>\\]{1,1000}@/giu, replacement: `$1${mask}@` },
  {
    pattern: /([?&](?:access_token|api_?key|auth|key|password|secret|sig|signature|token)=)[^&\s"'\\]{1,4000}/giu,
    replacement: `$1${mask}`,
  },
  { pattern: /\b((?:Basic|Bearer|token) +)[A-Za-z0-9+/._~=-]{8,}/gu, replacement: `$1${mask}` },
  // NAME=value, "name": "value", also with the quotes escaped
  {
    pattern: new RegExp(
      `(?<![a-z0-9_.-])(${secretName}\\\\{0,4}["']?\\s{0,4}[=:]\\s{0,4}\\\\{0,4}["']?)[^\\s"'\\\\,;&}\\]]{3,4000}`,
      'giu',
    ),
    replacement: `$1${mask}`,
  },
  // --password value
  {
    pattern: new RegExp(`(?<![a-z0-9_-])(--?${secretName} +["']?)[^\\s"'\\\\-][^\\s"'\\\\]{2,4000}`, 'giu'),
    replacement: `$1${mask}`,
  },
  ...tokens([
    // JSON web token
    'eyJ[A-Za-z0-9_-]{8,}(?:\\.[A-Za-z0-9_-]{4,}){1,2}',
    // GitHub, GitLab, npm, PyPI, Hugging Face
    'gh[opusr]_[A-Za-z0-9]{16,}',
    'github_pat_[A-Za-z0-9_]{16,}',
    'glpat-[A-Za-z0-9_-]{16,}',
    'npm_[A-Za-z0-9]{20,}',
    'pypi-[A-Za-z0-9_-]{20,}',
    'hf_[A-Za-z0-9]{20,}',
    // model services, Stripe, SendGrid, DigitalOcean, Grafana
    '(?:sk|rk|pk)[-_][A-Za-z0-9_-]{16,}',
    'SG\\.[A-Za-z0-9_-]{16,}(?:\\.[A-Za-z0-9_-]{8,})?',
    'dop_v1_[a-f0-9]{20,}',
    'glsa_[A-Za-z0-9_]{20,}',
    // AWS, Google, Slack
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'AIza[A-Za-z0-9_-]{30,}',
    'ya29\\.[A-Za-z0-9_-]{16,}',
    'xox[a-z]-[A-Za-z0-9-]{10,}',
    'xapp-[A-Za-z0-9-]{10,}',
  ]),
];

function tokens(patterns: readonly string[]): Shape[] {
  return patterns.map((each) => ({ pattern: new RegExp(`(?<![A-Za-z0-9])${each}`, 'gu'), replacement: mask }));
}
