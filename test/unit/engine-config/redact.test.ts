import assert from 'node:assert/strict';
import fc from 'fast-check';
import { redact, redactData, shortestSecret } from '../../../src/engine/diagnostics/redact.ts';
import { announcesSecret, mask, namesSecret } from '../../../src/engine/diagnostics/shapes.ts';

const none = { secrets: [], home: '/home/ann' };

/** Anything a password manager, a file or a hostile service may give: quotes, backslashes, line ends, any language. */
const secretText = fc
  .oneof(
    fc.string({ minLength: shortestSecret, maxLength: 40 }),
    fc.string({ minLength: shortestSecret, maxLength: 20, unit: 'binary' }),
    fc
      .array(
        fc.constantFrom(
          '"',
          '\\',
          '\n',
          '\t',
          '/',
          'a',
          'n',
          'u',
          '0',
          '*',
          '%',
          ' ',
          'é',
          '😀',
          '\u2028',
          '{',
          '=',
          '&',
          '.',
          '$',
        ),
        {
          minLength: shortestSecret,
          maxLength: 12,
        },
      )
      .map((parts) => parts.join('')),
  )
  .filter((secret) => secret.length >= shortestSecret);

/** The secret the way it travels: quoted by JSON up to four times, in addresses, encoded. */
const carriers: Readonly<Record<string, (secret: string) => string>> = {
  plain: (secret) => secret,
  json: (secret) => JSON.stringify({ value: secret }),
  'json in json': (secret) => JSON.stringify({ line: JSON.stringify([secret]) }),
  'json in json in json': (secret) => JSON.stringify(JSON.stringify(JSON.stringify({ secret }))),
  'four deep': (secret) => JSON.stringify(JSON.stringify(JSON.stringify(JSON.stringify([secret])))),
  'ascii json': (secret) => asciiJson(secret),
  'php json': (secret) => JSON.stringify(secret).replaceAll('/', '\\/'),
  address: (secret) => `https://example.org/?q=${encodeURIComponent(wellFormed(secret))}`,
  'lower case address': (secret) =>
    encodeURIComponent(wellFormed(secret)).replaceAll(/%../gu, (hex) => hex.toLowerCase()),
  hex: (secret) => Buffer.from(secret).toString('hex'),
};

function asciiJson(text: string): string {
  const escaped = Array.from(
    { length: text.length },
    (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped.join('')}"`;
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** The text and what it means after taking off layers of quoting, by an independent reading. */
function readings(text: string): readonly string[] {
  const all = [text];
  for (let layer = 0; layer < 5; layer++) {
    const last = all.at(-1) ?? '';
    all.push(
      last.replaceAll(
        /\\(?:u([0-9a-fA-F]{4})|(["\\/nrtbf]))/gu,
        (_, hex: string | undefined, named: string | undefined) =>
          hex === undefined
            ? ({ n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }[named ?? ''] ?? named ?? '')
            : String.fromCharCode(Number.parseInt(hex, 16)),
      ),
    );
  }
  return all;
}

describe('redaction of known secrets', () => {
  for (const [name, carry] of Object.entries(carriers)) {
    it(`a known secret never survives: ${name}`, () => {
      fc.assert(
        fc.property(secretText, fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }), (secret, before, after) => {
          const carried = carry(secret);
          const clean = redact(`${before}${carried}${after}`, { secrets: [secret], home: '' });
          assert.ok(!clean.includes(name === 'plain' ? secret : carried), clean);
          for (const reading of readings(clean))
            assert.ok(!reading.includes(secret), JSON.stringify({ clean, reading }));
        }),
        { numRuns: 150 },
      );
    });
  }

  it('several secrets, one inside of another or overlapping it, leave nothing', () => {
    fc.assert(
      fc.property(fc.array(secretText, { minLength: 1, maxLength: 4 }), fc.nat(), (secrets, cut) => {
        const joined = secrets.join('');
        const at = cut % joined.length;
        const all = [...secrets, joined.slice(at), joined.slice(0, at)].filter((each) => each.length >= shortestSecret);
        const clean = redact(`${joined} ${JSON.stringify(joined)}`, { secrets: all, home: '' });
        for (const reading of readings(clean))
          for (const each of all) assert.ok(!reading.includes(each), JSON.stringify({ clean, each }));
      }),
    );
  });

  it('leaves quoted JSON readable', () => {
    const secret = 'pa"ss\\word\n';
    const clean = redact(JSON.stringify({ a: `x${secret}y`, b: [1] }), { secrets: [secret], home: '' });
    assert.deepEqual(JSON.parse(clean), { a: `x${mask}y`, b: [1] });
  });

  it('finds a secret inside of Base64, wherever it begins', () => {
    for (const before of ['', 'u', 'us', 'user:', 'x-access-token:']) {
      const secret = 'hunter2-hunter2';
      const carried = Buffer.from(`${before}${secret}${before}`).toString('base64');
      const clean = redact(`seen ${carried} there`, { secrets: [secret], home: '' });
      assert.notEqual(clean, `seen ${carried} there`, before);
      assert.ok(
        !Buffer.from(clean.split(' ')[1] ?? '', 'base64')
          .toString('latin1')
          .includes('hunter2-h'),
        clean,
      );
    }
  });

  it('does not let a mask complete another secret', () => {
    const secrets = ['AAAA', `${mask}BBBB`, `C${mask}`];
    const clean = redact('AAAABBBB CAAAA', { secrets, home: '' });
    for (const secret of secrets) assert.ok(!clean.includes(secret), clean);
    assert.ok(!redact('/home/ann/x~/secret', { secrets: ['~/secret', '~/x~'], home: '/home/ann' }).includes('~/x~'));
  });

  it('leaves text alone that has nothing to hide', () => {
    const text =
      'Session 3 of /srv/work ended: 12 files, "author" Ann, key limits.running, inputTokens 120, C:\\new\\u12 100%';
    assert.equal(redact(text, { secrets: ['', 'abc', 'nowhere'], home: '/home/ann' }), text);
  });

  it('takes little time for long and hostile text', () => {
    const hostile = [
      '\\',
      '\\\\u',
      'a',
      '=',
      'token=',
      'https://',
      '-----BEGIN PRIVATE KEY-----',
      'Bearer ',
      '--key ',
      '"',
      'sk-',
      'eyJ',
    ];
    for (const piece of hostile) {
      const text = piece.repeat(Math.ceil(200_000 / piece.length));
      const begun = performance.now();
      redact(text, { secrets: ['\\\\\\\\\\\\\\\\b', 'aaaaaaaaab', piece.repeat(4)], home: '/home/ann' });
      assert.ok(performance.now() - begun < 8000, `${piece}: ${performance.now() - begun} ms`);
    }
  }).timeout(60_000);
});

describe('redaction of what looks secret', () => {
  const hidden: readonly (readonly [string, string])[] = [
    ['git clone https://ann:hunter2@example.org/x.git', 'hunter2'],
    ['git clone https://ann:p@ss@example.org/x.git', 'p@ss'],
    ['https://ghtokenvalue@example.org/x', 'ghtokenvalue'],
    ['postgres://app:s3cr3t@db/app', 's3cr3t'],
    ['GET /x?access_token=abcdef123&b=1', 'abcdef123'],
    ['Authorization: Bearer abcdef1234567', 'abcdef1234567'],
    ['{"authorization":"Basic dXNlcjpwYXNz"}', 'dXNlcjpwYXNz'],
    ['ANTHROPIC_API_KEY=whatever-it-is', 'whatever-it-is'],
    ['export DB_PASSWORD="hunter2hunter2"', 'hunter2'],
    ['{"env":{"apiKey":"abcdef"}}', 'abcdef'],
    [JSON.stringify({ line: JSON.stringify({ password: 'hunter2' }) }), 'hunter2'],
    ['tool --api-key abcdef --x', 'abcdef'],
    ['tool --password=hunter2', 'hunter2'],
    ['sk-ant-api03-abcdefghijklmnop_qrst', 'abcdefghijklmnop'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'abcdefghijkl'],
    ['token github_pat_11ABCDEFG0123456789_abcdef', '0123456789'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJzdWIiOiIxIn0'],
    ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
    ['"-----BEGIN PRIVATE KEY-----\\nMIIEow', 'MIIEow'],
  ];
  for (const [text, secret] of hidden) {
    it(text.slice(0, 40), () => {
      const clean = redact(text, none);
      assert.ok(!clean.includes(secret), clean);
      assert.ok(clean.includes(mask), clean);
    });
  }

  it('keeps the host of an address and the name of a value', () => {
    assert.equal(redact('https://ann:pw@example.org/x', none), `https://${mask}@example.org/x`);
    assert.equal(redact('GITHUB_TOKEN=abcdef', none), `GITHUB_TOKEN=${mask}`);
  });

  it('shortens the home directory, also in JSON and addresses, and no other', () => {
    assert.equal(
      redact('/home/ann/x "/home/ann" file:///home/ann, /home/anna /home/ann-b /home/ann.old /home/ann.', none),
      '~/x "~" file://~, /home/anna /home/ann-b /home/ann.old ~.',
    );
    assert.equal(redact('/a/b', { secrets: [], home: '/' }), '/a/b');
    assert.equal(redact('/a/b', { secrets: [], home: '' }), '/a/b');
  });

  it('knows names of secrets from names that only sound like them', () => {
    for (const name of [
      'token',
      'GITHUB_TOKEN',
      'apiKey',
      'api-key',
      'password',
      'clientSecret',
      'cookie',
      'SSH_KEY',
      'x.credentials',
    ]) {
      assert.ok(namesSecret(name), name);
      assert.ok(announcesSecret(`--${name}`), name);
    }
    for (const name of [
      'tokens',
      'inputTokens',
      'key',
      'keys',
      'author',
      'monkey',
      'limits.running',
      'secrets',
      'agents.demo.env',
      'passed',
    ]) {
      assert.ok(!namesSecret(name), name);
    }
  });
});

describe('redaction of data', () => {
  it('keeps shape, numbers and truth values', () => {
    const data = {
      seq: 3,
      ok: true,
      none: null,
      tokens: 5,
      token: 5,
      list: ['/home/ann/x', { deep: 'sk-abcdefghijklmnopqrstuvwx' }],
    };
    assert.deepEqual(redactData(data, none), { ...data, list: ['~/x', { deep: mask }] });
    assert.equal(redactData(undefined, none), null);
  });

  it('takes out values under secret names and after secret options, whatever they are', () => {
    assert.deepEqual(redactData({ password: 'x', apiKey: ['a'], credentials: { a: 1 } }, none), {
      password: mask,
      apiKey: mask,
      credentials: mask,
    });
    assert.deepEqual(redactData({ command: ['tool', '--token', 'abc', '--verbose', 'x'] }, none), {
      command: ['tool', '--token', mask, '--verbose', 'x'],
    });
  });

  it('no known secret survives anywhere in it, keys included', () => {
    fc.assert(
      fc.property(secretText, fc.jsonValue({ maxDepth: 3 }), (secret, other) => {
        const data = { other, [secret]: 1, list: [[{ text: `a${secret}b` }]], line: JSON.stringify({ x: secret }) };
        const strings: string[] = [];
        collect(redactData(data, { secrets: [secret], home: '' }), strings);
        for (const text of strings) for (const reading of readings(text)) assert.ok(!reading.includes(secret), text);
      }),
    );
    function collect(value: unknown, into: string[]): void {
      if (typeof value === 'string') into.push(value);
      else if (typeof value === 'object' && value !== null) {
        for (const [name, inner] of Object.entries(value)) {
          into.push(name);
          collect(inner, into);
        }
      }
    }
  });
});
