import { conformance } from '../conformance/client.ts';
import { nativeClient } from '../conformance/native.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();

conformance('native', nativeClient({ brokers, clientId: 'tidemark-conformance' }));
