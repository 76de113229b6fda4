/** Tasks about a project as a whole; the last ones have no tests, so no gate. */
import { packageOf, testOf, type Task } from '../task.ts';

const totalTest = testOf("import { total } from '../src/total.js';\nimport { receipt } from '../src/receipt.js';", {
  adds: 'assert.equal(total([1, 2]), 3);',
  'is used by the receipt': "assert.equal(receipt([1, 2]), 'sum: 3');",
});
const receiptOf = (name: string, file: string, line: string): string =>
  `import { ${name} } from './${file}.js';\n\nexport function receipt(prices) {\n  return ${line};\n}\n`;
const calc = (name: string): string =>
  `export function ${name}(prices) {\n  return prices.reduce((sum, price) => sum + price, 0);\n}\n`;

export const rename: Task = {
  name: 'rename',
  prompt: 'Rename calc() in src/calc.js to total() in src/total.js, everywhere. Nothing named calc may be left.',
  criteria: ['total() is in src/total.js and used', 'Nothing named calc is left'],
  files: {
    'package.json': packageOf('rename'),
    'src/calc.js': calc('calc'),
    'src/receipt.js': receiptOf('calc', 'calc', '`sum: ${calc(prices)}`'),
    'src/mean.js':
      "import { calc } from './calc.js';\n\nexport const mean = (prices) => calc(prices) / prices.length;\n",
    'test/total.test.js': totalTest,
  },
  allowed: ['src', 'test'],
  expected: ['src/total.js'],
  check: `import assert from 'node:assert/strict';\nimport { readdirSync, readFileSync } from 'node:fs';\nimport { mean } from './src/mean.js';\nassert.equal(mean([2, 4]), 3);\nfor (const name of readdirSync('src')) {\n  assert.doesNotMatch(name, /calc/);\n  assert.doesNotMatch(readFileSync('src/' + name, 'utf8'), /calc/);\n}\n`,
  good: {
    'src/calc.js': null,
    'src/total.js': calc('total'),
    'src/receipt.js': receiptOf('total', 'total', '`sum: ${total(prices)}`'),
    'src/mean.js':
      "import { total } from './total.js';\n\nexport const mean = (prices) => total(prices) / prices.length;\n",
  },
  tested: {
    'src/calc.js': null,
    'src/total.js': calc('total'),
    'src/receipt.js': receiptOf('total', 'total', '`sum: ${total(prices)}`'),
    'src/mean.js':
      "import { total } from './total.js';\n\nexport const mean = (prices) => total(prices) / prices.length;\n",
    'test/mean.test.js': testOf("import { mean } from '../src/mean.js';", {
      divides: 'assert.equal(mean([2, 4]), 3);',
    }),
  },
  failing: {
    'src/calc.js': null,
    'src/total.js': calc('total'),
    'src/mean.js':
      "import { total } from './total.js';\n\nexport const mean = (prices) => total(prices) / prices.length;\n",
  },
  plausible: {
    'src/calc.js': null,
    'src/total.js': calc('total'),
    'src/receipt.js': receiptOf('total', 'total', '`sum: ${total(prices)}`'),
  },
  partial: {
    'src/total.js': "export { calc as total } from './calc.js';\n",
    'src/receipt.js': receiptOf('total', 'total', '`sum: ${total(prices)}`'),
  },
  cheating: { 'test/total.test.js': totalTest.replaceAll('total.js', 'calc.js').replaceAll('total', 'calc') },
  words: {
    what: 'calc is total everywhere',
    where: 'src/total.js',
    left: 'the old file, which total still comes from',
  },
};

const flagTest = testOf("import { execFileSync } from 'node:child_process';", {
  'prints names': "assert.equal(execFileSync('node', ['bin/list.js', 'a', 'b'], { encoding: 'utf8' }), 'a\\nb\\n');",
  'prints JSON':
    "assert.equal(execFileSync('node', ['bin/list.js', '--json', 'a'], { encoding: 'utf8' }), '[\"a\"]\\n');",
});

export const flag: Task = {
  name: 'flag',
  prompt:
    'Add --json to bin/list.js: the names as one JSON array. An unknown option ends with code 2 and a word on stderr.',
  criteria: ['--json prints a JSON array, wherever it stands', 'An unknown option ends with code 2'],
  files: {
    'package.json': packageOf('flag'),
    'bin/list.js': 'for (const name of process.argv.slice(2)) console.log(name);\n',
    'test/list.test.js': flagTest,
  },
  allowed: ['bin', 'test'],
  expected: ['bin/list.js'],
  check: `import assert from 'node:assert/strict';\nimport { spawnSync } from 'node:child_process';\nconst run = (...args) => spawnSync('node', ['bin/list.js', ...args], { encoding: 'utf8' });\nassert.equal(run('a', '--json', 'b').stdout, '["a","b"]\\n');\nconst bad = run('--xml', 'a');\nassert.equal(bad.status, 2);\nassert.notEqual(bad.stderr, '');\n`,
  good: {
    'bin/list.js': `const args = process.argv.slice(2);
const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--json');
const names = args.filter((arg) => !arg.startsWith('--'));

if (unknown !== undefined) {
  console.error(\`unknown option: \${unknown}\`);
  process.exitCode = 2;
} else if (args.includes('--json')) console.log(JSON.stringify(names));
else for (const name of names) console.log(name);
`,
  },
  tested: {
    'bin/list.js': `import { parseArgs } from 'node:util';

try {
  const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
  if (values.json) console.log(JSON.stringify(positionals));
  else for (const name of positionals) console.log(name);
} catch (error) {
  console.error(error.message);
  process.exitCode = 2;
}
`,
    'test/list.test.js': `${flagTest}\ntest('refuses others', () => {\n  assert.throws(() => execFileSync('node', ['bin/list.js', '--x'], { stdio: 'ignore' }));\n});\n`,
  },
  failing: {
    'bin/list.js':
      "const [, , ...args] = process.argv;\nif (args[0] === '--json') console.log(JSON.stringify(args));\nelse for (const name of args) console.log(name);\n",
  },
  plausible: {
    'bin/list.js': `const args = process.argv.slice(2);
if (args[0] === '--json') console.log(JSON.stringify(args.slice(1)));
else if (args[0]?.startsWith('--')) {
  console.error('unknown option');
  process.exit(1);
} else for (const name of args) console.log(name);
`,
  },
  partial: {
    'bin/list.js':
      "const args = process.argv.slice(2);\nconst names = args.filter((arg) => arg !== '--json');\nif (args.includes('--json')) console.log(JSON.stringify(names));\nelse for (const name of names) console.log(name);\n",
  },
  cheating: { 'test/list.test.js': flagTest.replace('[\\"a\\"]\\\\n', '--json\\\\na\\\\n') },
  words: { what: '--json is understood', where: 'bin/list.js', left: 'unknown options' },
};

const readme = '# Kettle\n\nBoils water on a schedule.\n\n## Install\n\n    npm install kettle\n';

export const docs: Task = {
  name: 'docs',
  prompt:
    'Add a section "Usage" to README.md with an example call of kettle.boil({ at }), and a section "License" that says MIT.',
  criteria: [
    'README.md has a section Usage with a call of kettle.boil',
    'README.md has a section License that says MIT',
  ],
  files: { 'README.md': readme, 'kettle.py': 'def boil(at):\n    return f"boils at {at}"\n' },
  allowed: ['README.md'],
  expected: ['README.md'],
  check: `import assert from 'node:assert/strict';\nimport { readFileSync } from 'node:fs';\nconst text = readFileSync('README.md', 'utf8');\nassert.match(text, /^## Install/m);\nassert.match(text, /^## Usage[^]*kettle\\.boil\\(/m);\nassert.match(text, /^## License\\s[^#]*MIT/m);\n`,
  good: {
    'README.md': `${readme}\n## Usage\n\n    kettle.boil({ at: '07:00' });\n\n## License\n\nMIT\n`,
  },
  tested: {
    'README.md': `${readme}\n## Usage\n\n\`\`\`js\nimport kettle from 'kettle';\n\nkettle.boil({ at: new Date() });\n\`\`\`\n\n## License\n\nThis project has the MIT license.\n`,
  },
  failing: { 'README.md': '# Kettle\n\n## Usage\n\nSee the code.\n' },
  plausible: { 'README.md': `${readme}\n## Usage\n\nCall kettle with the time.\n\n## License\n\nMIT\n` },
  partial: { 'README.md': `${readme}\n## Usage\n\n    kettle.boil({ at: '07:00' });\n` },
  cheating: { 'README.md': `${readme}\n## Usage\n\nTODO\n\n## License\n\nTODO\n` },
  words: { what: 'the README has the two sections', where: 'README.md', left: 'the license' },
};

const limits = 'upload_mb: 10\nretries: 3\nhosts:\n  - a.example\n  - b.example\n';

export const config: Task = {
  name: 'config',
  prompt:
    'In config/limits.yml raise upload_mb to 25, add the host c.example behind the others, and leave everything else.',
  criteria: ['upload_mb is 25', 'c.example is the third host', 'Nothing else is changed'],
  files: { 'config/limits.yml': limits, 'config/README.md': 'Limits of the service. Hosts are asked in order.\n' },
  allowed: ['config'],
  expected: ['config/limits.yml'],
  check: `import assert from 'node:assert/strict';\nimport { readFileSync } from 'node:fs';\nassert.equal(readFileSync('config/limits.yml', 'utf8').trim(), ${JSON.stringify(limits.replace('10', '25').concat('  - c.example').trim())});\n`,
  good: { 'config/limits.yml': `${limits.replace('10', '25')}  - c.example\n` },
  tested: { 'config/limits.yml': `${limits.replace('10', '25')}  - c.example` },
  failing: { 'config/limits.yml': `${limits.replace('10', '25')}- c.example\n` },
  plausible: { 'config/limits.yml': `${limits.replace('10', '25').replace('3', '5')}  - c.example\n` },
  partial: { 'config/limits.yml': limits.replace('10', '25') },
  cheating: { 'config/README.md': 'Limits of the service. upload_mb is 25. Hosts: a, b, c.\n' },
  words: { what: 'the limits are changed', where: 'config/limits.yml', left: 'the new host' },
};
