import { Command } from 'commander';
import { pipelineJsonSchema } from '../config/jsonSchema.ts';
import { formatKeyTable } from '../config/keyTable.ts';

/** `tidemark schema`: the JSON Schema of a pipeline file, for editors. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a pipeline file, for editors')
    .option('--keys', 'print every key with its default and meaning, as a Markdown table')
    .addHelpText(
      'after',
      `
Examples:
  $ tidemark schema > pipeline.schema.json
  $ tidemark schema --keys`,
    )
    .action((options: { keys?: boolean }) => {
      const text = options.keys ? formatKeyTable() : `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
      process.stdout.write(text);
    });
}
