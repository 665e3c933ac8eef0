import { readClient } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { RegistryService } from './registry.service.js';

@Controller()
export class InternalRegistryController {
  constructor(
    private readonly registry: RegistryService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(readClient)
  read(@Input() { body }: InputOf<typeof readClient>) {
    return this.unitOfWork.single((tx) => this.registry.lookUp(tx, body.credential));
  }
}
