import { Command } from 'commander';
import { type ConfigFault, formatFaults, formatWarning, orderFaults } from '../config/faults.ts';
import type { LoadedConfig } from '../config/load.ts';
import type { ContractFault } from '../service/contract.ts';
import { paint, wantsColour } from './output.ts';

interface Flags {
  readonly config: string;
  readonly live?: boolean;
  readonly json?: boolean;
}

export interface Report {
  readonly proved: readonly { readonly what: string; readonly detail: string }[];
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
  /** Lines that would give features their likely places. */
  readonly mappings: readonly string[];
  /** Problems of the file go on from their path; those of the parts are sentences of their own. */
  readonly joint: ' ' | ': ';
}

/** `tidemark check`: prove that the parts of a pipeline fit together. */
export function checkCommand(): Command {
  return new Command('check')
    .description('prove configuration, event schema, model package and output schema against each other')
    .requiredOption('-c, --config <file>', 'the pipeline')
    .option('--live', 'also ask broker and registry: topics, partitions, subjects, compatibility')
    .option('--json', 'print one JSON object: ok, proved, faults, warnings')
    .addHelpText(
      'after',
      `
All faults are told in one go: those of the file, and whatever does not fit
together. Each says where, what, and what was expected.

Exit status: 0 all fits; 2 there are faults; with --live, brokers or a registry that
do not answer within 15 s are one.

Examples:
  $ tidemark check -c config/card-fraud.yaml
  $ tidemark check -c config/card-fraud.yaml --live
  $ tidemark check -c config/card-fraud.yaml --json | jq .faults`,
    )
    .action(async ({ config: file, live = false, json = false }: Flags) => {
      const report = await reportOn(file, live);
      const ok = report.faults.length === 0;
      const { proved, faults, warnings } = report;
      process.stdout.write(
        json ? `${JSON.stringify({ ok, proved, faults, warnings })}\n` : reportText(file, report),
      );
      process.exitCode = ok ? 0 : 2;
    });
}

/** Loads a pipeline's file and proves what it refers to. */
export async function reportOn(file: string, live: boolean): Promise<Report> {
  // Loaded here: clients and ONNX Runtime's library are not for commands that need neither.
  const { loadConfig } = await import('../config/load.ts');
  const { check, faultsOfParts } = await import('../service/check.ts');
  const loaded = loadConfig(file);
  if (!loaded.ok) {
    const parts = loaded.provable === undefined ? [] : await faultsOfParts(loaded.provable);
    const { followsFrom } = await import('../config/provable.ts');
    const others = parts.filter(({ where }) => !followsFrom(where, loaded.faults));
    const faults = orderFaults([...loaded.faults, ...others.map((fault) => placed(fault, loaded))]);
    return { proved: [], faults, warnings: [], mappings: [], joint: others.length === 0 ? ' ' : ': ' };
  }
  const found = await check(loaded.config, { live });
  const notes = loaded.warnings.map((warning) => formatWarning(file, warning));
  return {
    proved: [{ what: 'configuration', detail: file }, ...found.proved],
    faults: orderFaults(found.faults.map((fault) => placed(fault, loaded))),
    warnings: [...notes, ...found.warnings],
    mappings: found.faults.flatMap(({ mapping }) => mapping ?? []),
    joint: ': ',
  };
}

/** A fault of the parts in the form of those of the file. */
function placed(fault: ContractFault, { placeOf }: LoadedConfig): ConfigFault {
  const { where: path, problem, expected, suggestion } = fault;
  return { path, ...placeOf(path), problem, expected, ...(suggestion && { suggestion }) };
}

/** A report for people. */
export function reportText(file: string, { proved, faults, warnings, mappings, joint }: Report): string {
  const out = process.stdout;
  const lines = proved.map(({ what, detail }) => `${paint('green', '✔', out)} ${what.padEnd(18)} ${detail}`);
  lines.push(...warnings.map((warning) => `${paint('yellow', '!', out)} ${warning}`));
  if (faults.length === 0) return `${[...lines, paint('green', `${file} holds together`, out)].join('\n')}\n`;
  const good = lines.map((line) => `${line}\n`).join('');
  const told = formatFaults(file, faults, { colour: wantsColour(out), joint });
  const block = mappings.length < 2 ? '' : mappingText(mappings);
  return [good, told, block].filter((part) => part !== '').join('\n');
}

function mappingText(mappings: readonly string[]): string {
  const title = paint('bold', 'If these are the places that were meant, write:', process.stdout);
  return `${title}\n\nfeatures:\n${mappings.map((line) => `  ${line}\n`).join('')}`;
}
