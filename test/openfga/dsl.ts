import { transformer } from '@openfga/syntax-transformer';
import type { AuthorizationModel } from '../../src/domain/relation/model.ts';

/** A model in the DSL, read by OpenFGA's own parser. */
export function parseDsl(dsl: string): AuthorizationModel {
  return transformer.transformDSLToJSONObject(dsl) as unknown as AuthorizationModel;
}
