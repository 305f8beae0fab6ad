import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { schemaCommand } from '../../src/cli/schema.ts';
import { pipelineJsonSchema } from '../../src/config/jsonSchema.ts';
import { formatKeyTable } from '../../src/config/keyTable.ts';

async function printed(...args: readonly string[]): Promise<string> {
  const write = mock.method(process.stdout, 'write', () => true);
  try {
    await schemaCommand().parseAsync(args, { from: 'user' });
    return write.mock.calls.map((call) => String(call.arguments[0])).join('');
  } finally {
    write.mock.restore();
  }
}

describe('tidemark schema', () => {
  it('prints the JSON Schema', async () => {
    assert.deepEqual(JSON.parse(await printed()), pipelineJsonSchema());
  });

  it('prints the table of keys when asked', async () => {
    assert.equal(await printed('--keys'), formatKeyTable());
  });
});
