import { Command } from 'commander';

/** `tidemark schema`: the JSON Schema of a pipeline file, for editors. */
export function schemaCommand(): Command {
  return new Command('schema')
    .description('print the JSON Schema of a pipeline file, for editors')
    .option('--keys', 'print every key with its default and meaning, as a Markdown table')
    .addHelpText(
      'after',
      `
An editor with a YAML language server shows what each key means and marks mistakes
when a pipeline's file begins with
  # yaml-language-server: $schema=./pipeline.schema.json

Exit status: 0 printed; 2 wrong usage.

Examples:
  $ tidemark schema > pipeline.schema.json
  $ tidemark schema --keys`,
    )
    .action(async (options: { keys?: boolean }) => {
      const { pipelineJsonSchema } = await import('../config/jsonSchema.ts');
      const { formatKeyTable } = await import('../config/keyTable.ts');
      const text = options.keys ? formatKeyTable() : `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
      process.stdout.write(text);
    });
}
