import { importProducts, listProducts } from '@integument/contracts';
import { Idempotency, type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  Answer,
  AskedBy,
  type Asker,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { ProductsService } from './products.service.js';

@Controller()
export class ProductsController {
  constructor(
    private readonly products: ProductsService,
    private readonly unitOfWork: UnitOfWork,
    private readonly idempotency: Idempotency,
  ) {}

  @Implements(importProducts)
  async import(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof importProducts>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return Answer.once(
      await this.unitOfWork.run((tx) =>
        this.idempotency.once(tx, key, () => this.products.import(tx, asker, body.products)),
      ),
    );
  }

  @Implements(listProducts)
  list(@Input() { query }: InputOf<typeof listProducts>) {
    return this.unitOfWork.single((tx) => this.products.list(tx, query));
  }
}
