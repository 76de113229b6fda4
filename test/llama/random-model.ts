/** A GGUF file with a tiny llama of random weights: it speaks, and means nothing. */
import { Chance } from '../support/engine/chance.ts';

const [width, inner, heads, layers, context] = [64, 128, 4, 2, 8192];
const [uint32, float32, int32, text, list] = [4, 6, 5, 8, 9];
const alignment = 32;

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function u64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

function f32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function string(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

function listOf(type: number, items: readonly Buffer[]): Buffer {
  return Buffer.concat([u32(type), u64(items.length), ...items]);
}

/** One token per byte, besides the three that a vocabulary needs and a blank. */
const tokens = [
  ...['<unk>', '<s>', '</s>'],
  ...Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`),
  '▁',
];

const template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:";

type Fact = readonly [key: string, type: number, value: Buffer];

function facts(): readonly Fact[] {
  const kinds = tokens.map((_, at) => (at === 0 ? 2 : at < 3 ? 3 : at < 259 ? 6 : 1));
  return [
    ...shape(tokens.length),
    ['tokenizer.ggml.model', text, string('llama')],
    ['tokenizer.ggml.tokens', list, listOf(text, tokens.map(string))],
    [
      'tokenizer.ggml.scores',
      list,
      listOf(
        float32,
        tokens.map((token) => f32(token === '▁' ? -1 : 0)),
      ),
    ],
    ['tokenizer.ggml.token_type', list, listOf(int32, kinds.map(u32))],
    ['tokenizer.ggml.bos_token_id', uint32, u32(1)],
    ['tokenizer.ggml.eos_token_id', uint32, u32(2)],
    ['tokenizer.ggml.unknown_token_id', uint32, u32(0)],
    ['tokenizer.chat_template', text, string(template)],
  ];
}

function shape(vocabulary: number): readonly Fact[] {
  return [
    ['general.architecture', text, string('llama')],
    ['general.name', text, string('random')],
    ['general.alignment', uint32, u32(alignment)],
    ['llama.context_length', uint32, u32(context)],
    ['llama.embedding_length', uint32, u32(width)],
    ['llama.block_count', uint32, u32(layers)],
    ['llama.feed_forward_length', uint32, u32(inner)],
    ['llama.attention.head_count', uint32, u32(heads)],
    ['llama.attention.head_count_kv', uint32, u32(heads)],
    ['llama.attention.layer_norm_rms_epsilon', float32, f32(1e-5)],
    ['llama.rope.dimension_count', uint32, u32(width / heads)],
    ['llama.vocab_size', uint32, u32(vocabulary)],
  ];
}

/** A file with nothing in it but a vocabulary of byte pairs, split by the rule `split`: enough to count tokens by. */
export function vocabularyFile(split: string, letters: readonly string[], merges: readonly string[]): Buffer {
  const all = [...letters, ...merges.map((pair) => pair.replace(' ', '')), '<|end|>'];
  const kinds = all.map((_, at) => (at === all.length - 1 ? 3 : 1));
  const described: readonly Fact[] = [
    ...shape(all.length),
    ['tokenizer.ggml.model', text, string('gpt2')],
    ['tokenizer.ggml.pre', text, string(split)],
    ['tokenizer.ggml.tokens', list, listOf(text, all.map(string))],
    ['tokenizer.ggml.token_type', list, listOf(int32, kinds.map(u32))],
    ['tokenizer.ggml.merges', list, listOf(text, merges.map(string))],
    ['tokenizer.ggml.bos_token_id', uint32, u32(all.length - 1)],
    ['tokenizer.ggml.eos_token_id', uint32, u32(all.length - 1)],
  ];
  return Buffer.concat([Buffer.from('GGUF'), u32(3), u64(0), u64(described.length), ...described.map(entry)]);
}

function entry([key, type, value]: Fact): Buffer {
  return Buffer.concat([string(key), u32(type), value]);
}

function tensors(): readonly (readonly [name: string, shape: readonly number[]])[] {
  const square = [width, width];
  const layer = (at: number): readonly (readonly [string, readonly number[]])[] => [
    [`blk.${at}.attn_norm.weight`, [width]],
    ...['q', 'k', 'v', 'output'].map((each) => [`blk.${at}.attn_${each}.weight`, square] as const),
    [`blk.${at}.ffn_norm.weight`, [width]],
    [`blk.${at}.ffn_gate.weight`, [width, inner]],
    [`blk.${at}.ffn_up.weight`, [width, inner]],
    [`blk.${at}.ffn_down.weight`, [inner, width]],
  ];
  return [
    ['token_embd.weight', [width, tokens.length]],
    ['output_norm.weight', [width]],
    ['output.weight', [width, tokens.length]],
    ...Array.from({ length: layers }, (_, at) => layer(at)).flat(),
  ];
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

/** The file. Norms are 1, the other weights small and random, always the same. */
export function randomModel(): Buffer {
  const chance = new Chance(1);
  const described: Buffer[] = [];
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, shape] of tensors()) {
    described.push(string(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
    const count = shape.reduce((product, each) => product * each, 1);
    const values = Float32Array.from({ length: count }, () =>
      name.includes('norm') ? 1 : (chance.below(2001) - 1000) / 12_000,
    );
    const bytes = padded(Buffer.from(values.buffer));
    data.push(bytes);
    offset += bytes.length;
  }
  const all = facts();
  const head = Buffer.concat([
    ...[Buffer.from('GGUF'), u32(3), u64(tensors().length), u64(all.length)],
    ...all.map(entry),
    ...described,
  ]);
  return Buffer.concat([padded(head), ...data]);
}
