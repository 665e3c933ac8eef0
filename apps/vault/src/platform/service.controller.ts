import { noop } from '@integument/contracts';
import { Implements } from '@integument/http';
import { Controller } from '@nestjs/common';

@Controller()
export class ServiceController {
  @Implements(noop)
  noop() {
    return { ok: true as const };
  }
}
