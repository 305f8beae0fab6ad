import { faultConformance } from '../conformance/faults.ts';
import { kafkajsClient } from '../conformance/kafkajs.ts';

faultConformance('kafkajs', kafkajsClient);
