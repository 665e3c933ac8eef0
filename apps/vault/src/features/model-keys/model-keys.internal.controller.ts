import { createModelKey, destroyModelKey, readModelKey } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { ModelKeysService } from './model-keys.service.js';

@Controller()
export class InternalModelKeysController {
  constructor(
    private readonly modelKeys: ModelKeysService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(createModelKey)
  create(@AskedBy() asker: Asker) {
    return this.unitOfWork.run((tx) => this.modelKeys.create(tx, asker));
  }

  @Implements(readModelKey)
  read(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof readModelKey>) {
    return this.unitOfWork.run((tx) => this.modelKeys.read(tx, asker, params.modelKey));
  }

  @Implements(destroyModelKey)
  destroy(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof destroyModelKey>) {
    return this.unitOfWork.run((tx) => this.modelKeys.destroy(tx, asker, params.modelKey));
  }
}
