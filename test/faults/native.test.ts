import { faultConformance } from '../conformance/faults.ts';
import { nativeClient } from '../conformance/native.ts';

faultConformance('native', nativeClient);
