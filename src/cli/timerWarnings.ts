/**
 * kafkajs 2.2.4 computes the delay of its throttle timer as a negative number when nothing is throttled, and Node prints a
 * warning for it at every start. Only that warning from that place is dropped; in a process that is not ours it stays.
 */
const emitWarning = process.emitWarning.bind(process) as (...args: unknown[]) => void;

process.emitWarning = ((...args: unknown[]) => {
  const fromKafkajs = args[1] === 'TimeoutNegativeWarning' && new Error().stack?.includes('kafkajs');
  if (!fromKafkajs) emitWarning(...args);
}) as typeof process.emitWarning;
