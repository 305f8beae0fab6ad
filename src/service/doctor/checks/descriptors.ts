import { asTidemarkError } from '../../../errors.ts';
import { counted } from '../../words.ts';
import { descriptors as ofProcess } from '../descriptors.ts';
import { type Check, fail, ok, skipped, warn } from '../verdict.ts';

/** Fetching, writing, metadata, membership and commits each have a connection; one may be replaced at the same time. */
const PER_BROKER = 6;
/** To the registry, to a console and to whoever scrapes or probes. */
const BESIDES = 4 + 64;
/** What a process has open before it connects: its modules, its log, ONNX Runtime’s library. */
const LEAST_OWN = 40;

export const descriptors: Check = {
  id: 'descriptors',
  title: 'a process may open as many files and sockets as it needs',
  needs: [],
  async ask({ cluster, config }) {
    const { limit, open } = ofProcess();
    if (limit === undefined) return [skipped('this platform does not tell the limit of open files')];
    const brokers = await cluster.brokerIds().then(
      (ids) => ids.length,
      (cause) => {
        if (asTidemarkError(cause).code === 'E-INTERNAL') throw cause;
        return config.kafka.brokers.length;
      },
    );
    const needed = Math.max(open ?? 0, LEAST_OWN) + brokers * PER_BROKER + BESIDES;
    const evidence = `a process started here may open ${limit === Number.POSITIVE_INFINITY ? 'any number' : limit}; a pipeline on ${counted(brokers, 'broker')} needs up to ${needed}${open === undefined ? '' : `, ${open} are open in this one`}`;
    const fix = `Raise the limit where the pipeline runs: ulimit -n ${needed * 4}, LimitNOFILE= in systemd; ask there, for each shell and container has its own.`;
    if (limit < needed) return [fail(evidence, fix)];
    return [limit < 2 * needed ? warn(evidence, fix) : ok(evidence)];
  },
};
