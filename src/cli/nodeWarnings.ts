/**
 * Warnings of Node that tell nobody anything here; in a process that is not ours they stay.
 *
 * kafkajs 2.2.4 computes the delay of its throttle timer as a negative number when nothing is throttled, and Node prints a
 * warning for it at every start. Only that warning from that place is dropped.
 *
 * In a checkout the console's sources are served without their types, by the function with which Node itself runs ours.
 */
const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;

process.emitWarning = ((...args: unknown[]) => {
  const fromKafkajs = args[1] === 'TimeoutNegativeWarning' && new Error().stack?.includes('kafkajs');
  const ofStripping = args[1] === 'ExperimentalWarning' && String(args[0]).startsWith('stripTypeScriptTypes');
  if (!fromKafkajs && !ofStripping) emitWarning(...args);
}) as typeof process.emitWarning;
