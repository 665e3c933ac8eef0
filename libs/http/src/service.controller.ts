import { noop } from '@integument/contracts';
import { Controller } from '@nestjs/common';
import { Implements } from './implements.js';

@Controller()
export class ServiceController {
  @Implements(noop)
  noop() {
    return { ok: true as const };
  }
}
