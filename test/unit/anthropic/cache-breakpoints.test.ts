import assert from 'node:assert/strict';
import { type Part, Tool } from '../../../server/model/wire.ts';
import { adaptationsOf, assistant, encode, makePart, system, text, user } from './anthropic-fixtures.ts';

function marked(value: string, seconds?: number): Part {
  return text(value, { cacheBreakpoint: { ttl: seconds === undefined ? undefined : { seconds, nanos: 0 } } });
}

/** What each cached block of a body is marked with, by its text or name. */
function marksOf(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const marks: Record<string, unknown> = {};
  JSON.stringify(body, (_key, value: unknown) => {
    const block = value as { text?: string; name?: string; cache_control?: { type: string; ttl?: string } } | undefined;
    if (block?.cache_control !== undefined)
      marks[block.text ?? block.name ?? ''] = block.cache_control.ttl ?? 'default';
    return value;
  });
  return marks;
}

describe('anthropic cache breakpoints', () => {
  it('marks tools, system and messages', () => {
    const kind = { $case: 'function', value: { name: 'look', parametersJson: '' } } as const;
    const { body, adaptations } = encode({
      tools: [Tool.fromPartial({ kind, cacheBreakpoint: {} })],
      messages: [system(marked('s')), user(marked('a'), 'b')],
    });
    assert.deepEqual(marksOf(body), { look: 'default', s: 'default', a: 'default' });
    assert.deepEqual(adaptations, []);
  });

  it('keeps the first and the last three of more than four, and names the others', () => {
    const encoded = encode({ messages: [user(...['a', 'b', 'c', 'd', 'e', 'f'].map((value) => marked(value)))] });
    assert.deepEqual(Object.keys(marksOf(encoded.body)), ['a', 'd', 'e', 'f']);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.messages[0].parts[1].cache_breakpoint',
      'DROPPED generation.messages[0].parts[2].cache_breakpoint',
    ]);
  });

  it('sends the lifetimes on offer, and rounds others up to one', () => {
    const encoded = encode({
      messages: [user(marked('hour', 3600), marked('ten', 600), marked('five', 300), marked('one', 60))],
    });
    assert.deepEqual(marksOf(encoded.body), { hour: '1h', ten: '1h', five: '5m', one: '5m' });
    assert.deepEqual(adaptationsOf(encoded), [
      'REWRITTEN generation.messages[0].parts[1].cache_breakpoint.ttl',
      'REWRITTEN generation.messages[0].parts[3].cache_breakpoint.ttl',
    ]);
  });

  it('shortens a longer lifetime that comes after a shorter one', () => {
    const encoded = encode({ messages: [system(marked('s')), user(marked('a', 3600))] });
    assert.deepEqual(marksOf(encoded.body), { s: 'default', a: 'default' });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1].parts[0].cache_breakpoint.ttl']);
  });

  it('drops one on thinking, and all for a model without them', () => {
    const origin = { dialect: 'anthropic.messages', upstreamModel: 'claude-test', stateDomain: 'claude' };
    const state = { origin, kind: 'signature', data: new TextEncoder().encode('S') };
    const thinking = makePart(
      { $case: 'reasoning', value: { text: 'hm' } },
      { opaqueState: [state], cacheBreakpoint: { ttl: undefined } },
    );
    const messages = [user('a'), assistant(thinking, marked('b')), user('c')];
    const encoded = encode({ messages });
    assert.deepEqual(marksOf(encoded.body), { b: 'default' });
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[1].parts[0].cache_breakpoint']);
    const lacking = encode({ messages }, { capabilities: { lacks: new Set(['cacheBreakpoint']) } });
    assert.deepEqual(marksOf(lacking.body), {});
    assert.equal(lacking.adaptations.length, 2);
  });
});
