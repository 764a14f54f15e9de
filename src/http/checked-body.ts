import type { PipeTransform, Type } from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { ClassTransformer, ValidateIf, Validator } from './field-rules.js';
import { invalid, type FieldError } from './validation.js';

/** A field that may be left out. Null is a mistake: an empty variable must not do the real thing, or do it to all. */
export const IfGiven = () => ValidateIf((_, value) => value !== undefined);

const transformer = new ClassTransformer();
const validator = new Validator();

/**
 * Checks a body of the management API by the decorators of its class; none at all is `{}`. A field that the class does
 * not know is refused, so that a misspelt `dry_run` never does the real thing.
 * @throws AppError VALIDATION_FAILED
 */
export class CheckedBody<T extends object> implements PipeTransform<unknown, Promise<T>> {
  constructor(private readonly shape: Type<T>) {}

  async transform(body: unknown): Promise<T> {
    // Null is no body: it must not mean "all" where an empty body does.
    if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body)))
      throw invalid([{ type: 'dict_type', loc: ['body'], msg: 'Input should be a JSON object' }]);
    const inherited = Object.keys(body ?? {}).filter((key) => key in Object.prototype);
    if (inherited.length > 0) throw invalid(inherited.map(unknownField));
    const checked = transformer.plainToInstance(this.shape, body ?? {});
    // `forbidUnknownValues` would refuse every body of a shape that has no field at all.
    const rules = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: false };
    const errors = await validator.validate(checked, rules);
    if (errors.length > 0) throw invalid(errors.map(fieldError));
    return checked;
  }
}

/** Class-transformer and class-validator take these for something that every object has. */
function unknownField(key: string): FieldError {
  return { type: 'whitelistValidation', loc: ['body', key], msg: `property ${key} should not exist` };
}

function fieldError({ property, constraints = {} }: ValidationError): FieldError {
  const [type = 'invalid', msg = 'is not valid'] = Object.entries(constraints)[0] ?? [];
  return { type, loc: ['body', property], msg };
}
