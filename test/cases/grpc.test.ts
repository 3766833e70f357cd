import { replayCases } from './replay-cases.ts';

replayCases('grpc');
