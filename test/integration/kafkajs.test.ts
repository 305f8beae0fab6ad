import { conformance } from '../conformance/client.ts';
import { kafkajsClient } from '../conformance/kafkajs.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();

conformance('kafkajs', kafkajsClient({ brokers, clientId: 'tidemark-conformance' }));
