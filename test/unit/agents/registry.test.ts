import assert from 'node:assert/strict';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { customAgent } from '../../../src/core/settings/types.ts';
import { agentRegistry, builtInAgentIds, usable } from '../../../src/agents/registry.ts';

const programs = {
  demo: { node: '/n/node', script: '/c/demo-agent.js', state: '/h/agents', env: { ELECTRON_RUN_AS_NODE: '1' } },
  acp: { node: '/n/node', script: '/c/acp-bridge.js' },
  help: { node: '/n/node', script: '/c/help-server.js' },
};
const custom = { mine: customAgent.parse({ command: ['my-agent', '{prompt}'], title: 'Mine' }) };
const registry = agentRegistry({ custom, programs });

describe('the registry of agents', () => {
  it("knows the agents that come with Coppice and the user's own", () => {
    const others = ['codex', 'opencode', 'gemini', 'qwen', 'copilot', 'aider'];
    assert.deepEqual(builtInAgentIds, ['claude-code', ...others, 'demo']);
    assert.deepEqual(registry.ids, [...builtInAgentIds, 'mine']);
    for (const id of registry.ids) assert.equal(registry.agent(id).id, id);
    assert.equal(registry.agent('mine').title, 'Mine');
  });

  it('says of an unknown agent which ones there are', () => {
    for (const id of ['codeks', '', '__proto__', 'constructor']) {
      assert.throws(
        () => registry.agent(id),
        (error) => isCoppiceError(error, 'agent-missing') && error.next.includes('aider, demo, mine'),
      );
    }
  });

  it('does not let a command of the user pass for a built-in agent', () => {
    const taken = agentRegistry({ custom: { demo: customAgent.parse({ command: ['rm'] }) }, programs });
    assert.deepEqual(taken.ids, builtInAgentIds);
    assert.equal(
      taken.agent('demo').command({ session: 's', cwd: '/', prompt: { id: '1', text: '' }, directory: '/r' }).command,
      '/n/node',
    );
  });

  it('every agent can do what its capabilities say', () => {
    for (const id of registry.ids) {
      const agent = registry.agent(id);
      const { capabilities } = agent;
      const context = {
        session: 's',
        cwd: '/w',
        prompt: { id: 's:1', text: 'p' },
        agentSession: 'conv',
        directory: '/r',
      };
      const fresh = agent.command(context);
      assert.equal(fresh.duplex, capabilities.duplex, id);
      if (capabilities.resume) assert.ok(agent.command({ ...context, resume: 'conv' }).args.includes('conv'), id);
      if (capabilities.duplex)
        assert.match(agent.encode({ kind: 'prompt', id: 's:1', text: 'p', steer: false }), /\n$/);
      if (capabilities.steer || capabilities.interrupt) assert.ok(capabilities.duplex, id);
      assert.equal(agent.reader('s').end({ signal: 'SIGKILL' })[0]?.kind, 'turn-ended', id);
    }
  });

  it('a program that cannot be started is missing, one that does not work is unusable', () => {
    for (const id of registry.ids) {
      const agent = registry.agent(id);
      const found = agent.detection.parse('', '', undefined);
      assert.throws(
        () => usable(agent, found, undefined),
        (error) => isCoppiceError(error, 'agent-missing') && error.next !== '',
      );
    }
    const claude = registry.agent('claude-code');
    assert.throws(
      () => usable(claude, claude.detection.parse('', 'broken', 1), 1),
      (error) => isCoppiceError(error, 'agent-unusable'),
    );
    assert.deepEqual(usable(claude, { version: '1' }, 0), { version: '1' });
  });

  it('the demo agent runs under the given Node, and keeps its conversations where it is told', () => {
    const demo = registry.agent('demo');
    const context = {
      session: 's',
      cwd: '/w',
      prompt: { id: 's:1', text: 'p' },
      agentSession: 'conv',
      directory: '/r',
    };
    const { command, args, env } = demo.command(context);
    assert.deepEqual([command, ...args], ['/n/node', '/c/demo-agent.js', '--session', 'conv']);
    assert.deepEqual(env, { ELECTRON_RUN_AS_NODE: '1', COPPICE_AGENT_STATE: '/h/agents' });
    assert.ok(!demo.capabilities.needsHostConsent);
    assert.deepEqual(demo.detection.parse('coppice-demo 1.0.0\n', '', 0), { version: '1.0.0' });
    assert.ok('problem' in demo.detection.parse('', 'SyntaxError', 1));
  });
});
